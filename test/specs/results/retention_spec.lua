-- retention: the runs that prune removes, and nothing else: no target of a link, no file of others, no run in progress.

local engine = require "engine"

local retention = require "results.retention"
local run_store = require "results.run_store"
local moonrig = require "specs.moonrig"

local DAY, MEBIBYTE = 86400, 2 ^ 20
local LIMITS = { runs = 100, days = 30, failed_days = 90, size = 1000 }

local function limits(more)
  local out = {}
  for key, value in pairs(LIMITS) do out[key] = more and more[key] or value end
  return out
end

-- Runs of 1 MiB, a day apart, the last one new: "f" failed (the case c), "p" passed.
local function runs_of(words)
  local out = {}
  for word in words:gmatch "%S+" do
    out[#out + 1] = { id = word, size = MEBIBYTE, failed = word:sub(1, 1) == "f" and { word:sub(2, 2) } or {} }
  end
  for i, run in ipairs(out) do run.age = (#out - i) * DAY end
  return out
end

local function going(runs, more)
  local ids = {}
  for i, one in ipairs(retention.plan(runs, limits(more))) do ids[i] = one.run.id end
  return table.concat(ids, " ")
end

describe("retention.plan", function()
  it("removes nothing within its limits", function()
    assert.equal("", going(runs_of "p1 p2 fa p3"))
    assert.equal("", going {})
  end)

  it("removes runs that are too old, failed ones later", function()
    local runs = runs_of "p1 p2 p3 p4"
    assert.equal("p1 p2", going(runs, { days = 1 }))
    runs = runs_of "fa1 p2 p3 fa4"
    assert.equal("p2", going(runs, { days = 1, failed_days = 10 }))
    assert.equal("fa1 p2", going(runs, { days = 1, failed_days = 2 }))
    -- a failure's time is never the shorter one
    assert.equal("", going(runs, { days = 10, failed_days = 1 }))
  end)

  it("removes the oldest of too many runs, passed ones before failed ones", function()
    assert.equal("p1 p2", going(runs_of "p1 p2 p3 p4", { runs = 2 }))
    assert.equal("p2 p3", going(runs_of "fa1 p2 p3 fa4", { runs = 2 }))
    assert.equal("p2 p3 fa1", going(runs_of "fa1 p2 p3 fa4", { runs = 0 }))
  end)

  it("removes the oldest where all take too much space", function()
    assert.equal("p1", going(runs_of "p1 p2 p3 p4", { size = 3 }))
    assert.equal("p2 p3", going(runs_of "fa1 p2 p3 fa4", { size = 2 }))
  end)

  it("never removes a case's last failure, a run in progress, the latest run", function()
    local runs = runs_of "fa1 fb2 fa3 p4 p5 p6"
    runs[5].is_running, runs[6].is_latest = true, true
    assert.equal("fa1 p4", going(runs, { days = 0, failed_days = 0 }))
    assert.equal("p4 fa1", going(runs, { runs = 0 }))
    assert.equal("p4 fa1", going(runs, { size = 0 }))
  end)
end)

describe("the start of a run", function()
  it("is in its name, in UTC", function()
    assert.equal(0, run_store.time_of "19700101T000000Z-1")
    assert.equal(951782400, run_store.time_of "20000229T000000Z-1")
    assert.equal(1795371677, run_store.time_of "20261122T182117Z-12")
    local names = { "20261122T182117Z-10", "20261122T182118Z-1", "20261122T182117Z-2" }
    table.sort(names, run_store.is_before)
    assert.same({ "20261122T182117Z-2", "20261122T182117Z-10", "20261122T182118Z-1" }, names)
  end)
end)

describe("moonrig results", function()
  local rig = moonrig.new()
  local base
  local OLD = { "20200101T000000Z-1", "20200102T000000Z-1", "20200103T000000Z-1" }

  local function leave(id, status)
    local dir = ("%s/%s"):format(base, id)
    assert(engine.fs.mkdir(dir))
    local f = assert(io.open(dir .. "/results.json", "w"))
    f:write(engine.json.encode { id = id, seconds = 1,
      cases = { { plan = "p", name = "c", status = status, seconds = 1 } } })
    f:close()
    return dir
  end

  local function is_there(path) return engine.fs.stat(path, true) ~= nil end
  local function results(...) return rig:call { "results", "-o", base, ... } end

  before_each(function()
    base = rig.work .. "/results"
    engine.fs.rmtree(base)
    assert(engine.fs.mkdir(base))
  end)

  it("shows each run with its age, size and verdicts, and removes nothing", function()
    leave(OLD[1], "FAIL")
    leave(OLD[2], "PASS")
    assert(engine.fs.symlink(OLD[2], base .. "/latest"))
    local code, said = results()
    assert.equal(0, code, said)
    assert.matches("20200101T000000Z%-1 +%d+ d +%d+%.%d+ MiB  1 FAIL\n", said)
    assert.matches("20200102T000000Z%-1 +%d+ d +%d+%.%d+ MiB  1 PASS, latest\n", said)
    assert.matches("2 runs, [^\n]*; `moonrig results prune` would remove 0\n", said)
  end)

  it("prunes, and prints the runs before that with --dry-run", function()
    for i, status in ipairs { "PASS", "FAIL", "PASS" } do leave(OLD[i], status) end
    assert(engine.fs.symlink(OLD[3], base .. "/latest"))
    local code, said = results("prune", "--dry-run")
    assert.equal(0, code, said)
    assert.matches("would remove 20200101T000000Z%-1 [^\n]*older than 30 days\nwould remove 1 run, [^\n]*; 2 of 3 are left\n", said)
    assert.is_true(is_there(base .. "/" .. OLD[1]))
    code, said = results "prune"
    assert.equal(0, code, said)
    assert.matches("removed 20200101T000000Z%-1", said)
    assert.same({ false, true, true }, { is_there(base .. "/" .. OLD[1]), is_there(base .. "/" .. OLD[2]),
      is_there(base .. "/" .. OLD[3]) })
    -- what it told stays
    code, said = rig:call { "history", "c", "-o", base }
    assert.equal(0, code)
    assert.matches(OLD[1] .. "  PASS", said, 1, true)
    for _, name in ipairs(engine.fs.list(base)) do assert.is_nil(name:find "removed") end
  end)

  it("reads its limits from options, else from the environment", function()
    for i = 1, 3 do leave(OLD[i], "PASS") end
    local wide = { "MOONRIG_KEEP_DAYS=100000", "MOONRIG_KEEP_RUNS=1" }
    local _, said = rig:call({ "results", "prune", "--dry-run", "-o", base }, wide)
    assert.matches("more than 1 runs", said)
    assert.matches("1 of 3 are left", said)
    _, said = rig:call({ "results", "prune", "--dry-run", "-o", base, "--runs", "2" }, wide)
    assert.matches("2 of 3 are left", said)
    local code
    code, said = rig:call({ "results", "-o", base }, { "MOONRIG_KEEP_SIZE=much" })
    assert.equal(3, code)
    assert.matches('$MOONRIG_KEEP_SIZE: expected a whole number, got "much"', said, 1, true)
    code, said = results("prune", "--days=soon")
    assert.equal(4, code)
    assert.matches("--days is a whole number", said, 1, true)
  end)

  it("removes nothing else than runs, and follows no link", function()
    local away = rig.work .. "/away"
    assert(engine.fs.mkdir(away))
    rig:write("away/mine", "x")
    assert(engine.fs.symlink(away, base .. "/" .. OLD[1]))
    assert(engine.fs.mkdir(base .. "/" .. OLD[2]))
    rig:write("results/" .. OLD[2] .. "/thesis.txt", "x")
    assert(engine.fs.mkdir(base .. "/20200104T000000Z-1"))
    rig:write("results/20200104T000000Z-1/results.json", '{"of":"another program"}')
    rig:write("results/notes.md", "x")
    assert(engine.fs.symlink(away, base .. "/.removed-" .. OLD[1]))
    -- a run's own folder with a link in it: the link goes
    local run = leave(OLD[3], "PASS")
    assert(engine.fs.symlink(away, run .. "/link"))
    local code, said = results("prune")
    assert.equal(0, code, said)
    assert.is_false(is_there(run))
    assert.matches("note: ignored: [^\n]*20200104T000000Z%-1/results.json holds no run", said)
    for _, path in ipairs { "away/mine", "results/" .. OLD[1], "results/" .. OLD[2] .. "/thesis.txt", "results/notes.md",
      "results/20200104T000000Z-1/results.json", "results/.removed-" .. OLD[1] } do
      assert.is_true(is_there(rig.work .. "/" .. path), path)
    end
    engine.fs.rmtree(away)
  end)

  it("keeps a run in progress, however old its name is", function()
    local file = rig:write("x.lua", moonrig.case 't:note "here" t:elapse(60)')
    local run = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", base },
      { name = "run", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    assert(run:expect("note: here", 20))
    local id
    for _, name in ipairs(engine.fs.list(base)) do id = run_store.is_id(name) and name or id end
    -- the lock goes with it
    assert(engine.fs.rename(("%s/%s"):format(base, id), ("%s/%s"):format(base, OLD[1])))
    local code, said = results("prune", "--days", "0")
    assert.equal(0, code, said)
    assert.is_true(is_there(base .. "/" .. OLD[1]))
    said = select(2, results())
    assert.matches(OLD[1]:gsub("%-", "%%-") .. " [^\n]*in progress", said)
    assert(engine.fs.rename(("%s/%s"):format(base, OLD[1]), ("%s/%s"):format(base, id)))
    run:signal "INT"
    assert.equal(2, run:await_exit(20).code)
    run:close(5)
  end)

  it("removes nothing where the history cannot be written", function()
    local run = leave(OLD[1], "PASS")
    rig:write("results/history.db", ("no database "):rep(50))
    local code, said = results "prune"
    assert.equal(3, code)
    assert.matches("history %-%-rebuild", said)
    assert.is_true(is_there(run))
  end)

  it("finishes an interrupted removal", function()
    leave(OLD[1], "PASS")
    assert(engine.fs.rename(base .. "/" .. OLD[1], base .. "/.removed-" .. OLD[1]))
    leave(OLD[2], "PASS")
    local code, said = results "prune"
    assert.equal(0, code, said)
    assert.is_false(is_there(base .. "/.removed-" .. OLD[1]))
  end)

  teardown(function()
    assert.equal("", rig:leftovers())
    rig:remove()
  end)
end)
