-- rows: each row of a scenario is a case: listed, selected, run, reported, remembered, replayed. With the real program.

local moonrig = require "specs.moonrig"
local needs = require "case.needs"

local rig, plan

local ROWS = [[
return rig.case { name = "paths carry packets", timeout = 20, tags = { "fast" }, plan = "Loopback",
  each = { path = { "split", "packed ring" }, queues = { 1, 8 }, where = function(row)
    if row.queues == 8 then row.tags, row.case = { "big" }, "Test Case 10" else row.case = "Test Case 2" end
    if row.path == "packed ring" and row.queues == 8 then row.needs = { "hugepages" } end
    return true
  end },
  setup = function(t, row) return row.path, nil, 3 end,
  run = function(t, row, path, nothing, three)
    t:same({ path, nothing, three }, { row.path, nil, 3 }, "setup's values stand behind the row")
    t:equal(row.queues, 1, "one queue")
  end }
]]

local function call(...) return rig:call { ... } end

local function listed(...)
  local status, out = call("list", ...)
  local names = {}
  for name in out:gmatch "([^\n ]+/[^\n ]+) +paths" do names[#names + 1] = name end
  return table.concat(names, " "), status, out
end

before_each(function()
  rig = moonrig.new():settle()
  plan = rig:plan("plan", { rows = ROWS, plain = moonrig.case 't:equal(1, 1, "one")' })
end)
after_each(function() rig:remove() end)

describe("rows", function()
  it("are listed in their order, and selected by row, text and tag", function()
    local ALL = "plan/rows[split-queues1] plan/rows[split-queues8] plan/rows[packed_ring-queues1] "
      .. "plan/rows[packed_ring-queues8]"
    -- the lists' names sort: path, then queues
    assert.equal(ALL, (listed(plan)))
    local file = plan .. "/rows.lua"
    assert.equal("plan/rows[packed_ring-queues1]", (listed(file .. "[packed_ring-queues1]")))
    assert.equal("plan/rows[packed_ring-queues1]", (listed(file .. "/packed_ring-queues1")))
    assert.equal("plan/rows[split-queues8]", (listed(plan, "-k", "rows[split-queues8]")))
    assert.equal("plan/rows[split-queues8] plan/rows[packed_ring-queues8]", (listed(plan, "-t", "big")))
    assert.equal("plan/rows[split-queues1] plan/rows[packed_ring-queues1]", (listed(plan, "-t", "fast", "-T", "big")))
    local _, status, out = listed(file .. "[splitt-queues1]")
    assert.equal(4, status)
    assert.matches("has no row splitt%-queues1 %(did you mean split%-queues1.*its rows: split%-queues1, ", out)
    _, status, out = listed(plan, "-t", "fats")
    assert.equal(5, status)
    assert.matches("-t fats leaves none of 5 cases (did you mean fast?); their tags: big, fast", out, 1, true)
    assert.equal("plan/rows[packed_ring-queues1]", (listed(file .. "[packed ring-queues1]")))
    _, status, out = listed(plan .. "/plain.lua[a]")
    assert.equal(4, status)
    assert.matches("plain.lua has no rows (each), so there is no row a", out, 1, true)
    _, status, out = listed(plan .. "/plain.lua/a")
    assert.equal(4, status)
    assert.matches("no such script", out)
  end)

  it("are cases of their own: verdict, reason, needs, folder, and what they cover", function()
    local status, out = call("run", plan, "-o", rig.work .. "/out", "-j", "3")
    assert.equal(1, status, out)
    assert.matches("PASS  plan/rows[split-queues1] ", out, 1, true)
    assert.matches("FAIL  plan/rows[split-queues8] ", out, 1, true)
    local by_name = {}
    for _, c in ipairs(moonrig.results(rig.work .. "/out").cases) do by_name[c.name] = c end
    local split8 = by_name["rows[split-queues8]"]
    assert.same({ plan = "Loopback", case = "Test Case 10" }, split8.covers)
    assert.equal("split-queues8", split8.row)
    assert.matches("/plan%.rows%.split%-queues8$", split8.dir)
    assert.matches("one queue: expected 1, got 8", split8.reason)
    assert.equal(needs.lacking { "hugepages" } or "FAIL", by_name["rows[packed_ring-queues8]"].status)
    assert.is_nil(by_name.plain.row)
    assert.is_nil(by_name.plain.covers)
  end)

  it("are remembered, run again, retried and replayed one by one", function()
    call("run", plan, "-o", rig.work .. "/out")
    local status, out = call("run", plan, "-o", rig.work .. "/out", "--last-failed", "--retry", "1", "-k", "split")
    assert.equal(1, status, out)
    assert.matches("FAIL  plan/rows%[split%-queues8%] .*, try 1 of 2\n.*FAIL  plan/rows%[split%-queues8%] ", out)
    assert.matches("\n0 passed, 1 failed", out)
    status, out = call("history", "plan/rows", "-o", rig.work .. "/out")
    assert.equal(0, status, out)
    assert.matches("plan/rows[split-queues1]\n", out, 1, true)
    assert.matches("plan/rows[split-queues8]\n", out, 1, true)
    status, out = call("replay", rig.work .. "/out/latest")
    assert.equal(1, status, out)
    assert.matches("2 replayed, 2 as recorded, 0 not", out)
    status, out = call("compare", rig.work .. "/out/latest", rig.work .. "/out/latest")
    assert.equal(0, status, out)
    status, out = call("timeline", rig.work .. "/out/latest", "-k", "rows[split-queues8]")
    assert.equal(0, status, out)
    assert.matches("NOT OK one queue", out)
  end)

  it("end where their file loses them, or cannot be loaded, as an error that says so", function()
    rig:write("plan/rows.lua", 'return rig.case { name = "x",\nrun = print, each = { "a", "a" } }')
    local status, out = call("list", plan)
    assert.equal(3, status)
    assert.matches("cannot be loaded: .*rows.lua:%d: rig.case: each: rows 1 and 2 are both named a", out)
    rig:write("plan/rows.lua", "return rig.case {\n")
    status, out = call("run", plan .. "/rows.lua[split-queues1]", "-o", rig.work .. "/out")
    assert.equal(3, status, out)
    assert.matches("ERROR plan/rows .*rows.lua:", out)
    status = call("run", plan, "-t", "big", "-o", rig.work .. "/out")
    assert.equal(3, status)
  end)

  it("are printed by what they cover, test case 2 before 10", function()
    local status, out = call("list", plan, "--plans")
    assert.equal(0, status, out)
    assert.equal([[
### Loopback

| test case | scenario | claim |
|---|---|---|
| Test Case 2 | `plan/rows` [split-queues1, packed_ring-queues1] | paths carry packets |
| Test Case 10 | `plan/rows` [split-queues8, packed_ring-queues8] | paths carry packets |
]], out)
    status, out = call("list", plan .. "/plain.lua", "--plans")
    assert.equal(5, status)
    assert.matches("none of 1 cases has a plan or a case in its header", out)
  end)
end)
