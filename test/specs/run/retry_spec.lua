-- retry: rounds and retries. A case that passes on a retry is FLAKY and no PASS, also in exit status and junit.xml. What
-- never passes stays what it was at first. With the real program, in a results folder of its own.

local engine = require "engine"
local retry = require "run.retry"

local function try(status, reason) return { status = status, reason = reason, seconds = 1, dir = "d", notices = { "n" } } end

local function combined(...)
  local c = retry.combine { ... }
  return c.status, c.reason
end

describe("retry.combine", function()
  it("is the case itself of one attempt", function()
    local one = try("FAIL", "no")
    assert.equal(one, retry.combine { one })
  end)

  it("is FLAKY where a retry passed, and never PASS", function()
    local c = retry.combine { try("FAIL", "rx: expected 1\nmore"), try "ERROR", try "PASS" }
    assert.equal("FLAKY", c.status)
    assert.equal("passed on attempt 3, after FAIL: rx: expected 1", c.reason)
    assert.equal(3, #c.attempts)
    assert.same({ "FAIL", "ERROR", "PASS" }, { c.attempts[1].status, c.attempts[2].status, c.attempts[3].status })
  end)

  it("is what it was at first where none passed, whatever came later", function()
    for _, later in ipairs { "FAIL", "ERROR", "SKIP", "XFAIL", "XPASS" } do
      local first = try("FAIL", "first")
      local c = retry.combine { first, try(later, "later") }
      assert.same({ "FAIL", "first" }, { c.status, c.reason })
      assert.same({ "n", "attempted 2 times: FAIL, " .. later }, c.notices)
      -- the attempt's own result is left as it was
      assert.same({ "n" }, first.notices)
    end
    assert.same({ "ERROR", "e" }, { combined(try("ERROR", "e"), try("FAIL", "f")) })
  end)

  it("runs failed cases again, and no others", function()
    assert.is_true(retry.is_again(try "FAIL"))
    assert.is_true(retry.is_again(try "ERROR"))
    for _, status in ipairs { "PASS", "SKIP", "XFAIL", "XPASS" } do assert.is_false(retry.is_again(try(status))) end
    assert.is_false(retry.is_again { status = "ERROR" })
  end)
end)

describe("retry.rounds", function()
  local items = { { file = "a", plan = "p", name = "a" }, { file = "b", plan = "p", name = "b" } }

  it("has each so often, apart from one another", function()
    local out = retry.rounds(items, 3)
    local words = {}
    for i, item in ipairs(out) do words[i] = item.name .. item.round end
    assert.equal("a1 a2 a3 b1 b2 b3", table.concat(words, " "))
    assert.not_equal(out[1], out[2])
  end)

  it("leaves one round as it is", function()
    assert.equal(items, retry.rounds(items))
    assert.equal(items, retry.rounds(items, 1))
  end)
end)

local moonrig = require "specs.moonrig"
local rig = moonrig.new()
local out = rig.work .. "/out"

-- Steps that fail so often, a line of a file for each: 'FAIL', 'XFAIL' (looks like the known issue) or 'SKIP', then pass.
local COUNTING = [[
  local file = %q
  local f = io.open(file)
  local text = f and f:read "*a" or ""
  if f then f:close() end
  f = assert(io.open(file, "a"))
  f:write "x" f:close()
  local word = ({ %s })[#text + 1]
  if word == "SKIP" then t:skip "not now" end
  if word == "ERROR" then error "broken" end
  t:equal(word or "PASS", "PASS", word == "XFAIL" and "the known one" or "it passes")]]

local number = 0
local function counting(words, header)
  number = number + 1
  local list = {}
  for word in words:gmatch "%S+" do list[#list + 1] = ("%q"):format(word) end
  return rig:write("x.lua", moonrig.case(COUNTING:format(rig.work .. "/count" .. number, table.concat(list, ", ")), header))
end

local KNOWN = 'known_issue = { why = "DPDK", says = "the known one" },'

local function run(file, ...)
  engine.fs.rmtree(out)
  local status, output = rig:call { "run", file, "-o", out, ... }
  return status, output, moonrig.results(out)
end

describe("moonrig run --retry", function()
  it("ends with 6 where something passed on a retry only, and reports it everywhere", function()
    local status, output, results = run(counting "FAIL ERROR", "--retry", "3")
    assert.equal(6, status, output)
    assert.matches("\nFLAKY [^\n]*/x", output)
    assert.matches("FAIL [^\n]*, try 1 of 4", output)
    assert.matches("0 passed, 0 failed, 1 flaky", output)
    local c = results.cases[1]
    assert.equal("FLAKY", c.status)
    assert.equal(3, #c.attempts)
    assert.equal(1, results.totals.FLAKY)
    -- each try's record stays
    for _, one in ipairs(c.attempts) do assert.is_truthy(engine.fs.stat(one.dir .. "/recording.jsonl"), one.dir) end
    -- with a folder name of its own
    local events = moonrig.read(out .. "/latest/timeline.jsonl")
    for _, folder in ipairs { "x%-2", "x%-3" } do assert.matches('"folder":"[^"]*%.' .. folder .. '"', events) end
    assert.is_nil(events:find '"folder":"[^"]*%.x"')
    local junit = moonrig.read(out .. "/latest/junit.xml")
    assert.matches('failures="1"', junit)
    assert.matches('<failure type="FLAKY" message="passed on attempt 3, after FAIL', junit)
    assert.matches("try 1: FAIL", junit)
  end)

  it("stays a failure where none passes, and is tried no more than asked for", function()
    local status, output, results = run(counting "FAIL FAIL FAIL", "--retry", "1")
    assert.equal(1, status, output)
    assert.equal("FAIL", results.cases[1].status)
    assert.equal(2, #results.cases[1].attempts)
    assert.equal("attempted 2 times: FAIL, FAIL", results.cases[1].notices[1])
  end)

  it("runs no known issue again, and none excuses another failure", function()
    local status, output, results = run(counting("XFAIL FAIL", KNOWN), "--retry", "2")
    assert.equal(0, status, output)
    assert.same({ "XFAIL" }, { results.cases[1].status, results.cases[1].attempts })
    status, output, results = run(counting("FAIL XFAIL", KNOWN), "--retry", "2")
    assert.equal(1, status, output)
    assert.equal("FAIL", results.cases[1].status)
  end)

  it("is not silenced by a skip", function()
    local status, output = run(counting "FAIL SKIP", "--retry", "2")
    assert.equal(1, status, output)
  end)

  it("does not try what cannot be loaded", function()
    local status, output, results = run(rig:write("x.lua", "return 3"), "--retry", "5")
    assert.equal(3, status, output)
    assert.is_nil(results.cases[1].attempts)
  end)

  it("is no pass for -x either", function()
    local status, output, results = run(counting "FAIL", "--retry", "1", "--repeat", "3", "-x")
    assert.equal(6, status, output)
    assert.equal(1, #results.cases)
  end)

  it("is replayed try by try", function()
    run(counting "FAIL", "--retry", "1")
    local status, output = rig:call { "replay", out .. "/latest" }
    assert.equal(1, status, output)
    assert.matches("FAIL  [^\n]*/x, try 1  as recorded", output)
    assert.matches("PASS  [^\n]*/x, try 2  as recorded", output)
  end)

  it("is over at Ctrl-C, with the verdict that there was", function()
    local file = counting "FAIL"
    -- the second try waits
    rig:write("x.lua", (moonrig.read(file):gsub("t:equal", "if #text > 0 then t:note 'here' t:elapse(60) end t:equal", 1)))
    engine.fs.rmtree(out)
    local r = assert(engine.here():spawn({ rig.exe, "run", file, "-o", out, "--retry", "5" },
      { name = "run", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    assert(r:expect("note: here", 20))
    r:signal "INT"
    assert.equal(2, r:await_exit(20).code)
    r:close(5)
    local c = moonrig.results(out).cases[1]
    assert.same({ "FAIL" }, { c.status, c.attempts })
  end)
end)

describe("moonrig run --repeat", function()
  it("counts each round", function()
    local status, output, results = run(counting "PASS FAIL PASS", "--repeat", "4")
    assert.equal(1, status, output)
    assert.matches("x %(2 of 4%)", output)
    assert.matches("3 passed, 1 failed", output)
    assert.equal(4, #results.cases)
    assert.equal(4, results.cases[4].round)
    local junit = moonrig.read(out .. "/latest/junit.xml")
    assert.matches('name="x %(round 2%)"', junit)
    assert.matches('tests="4" failures="1"', junit)
  end)

  it("goes side by side, too", function()
    local status, output, results = run(rig:write("x.lua", moonrig.case 't:equal(1, 1, "one")'), "--repeat", "6", "-j", "2")
    assert.equal(0, status, output)
    assert.equal(6, results.totals.PASS)
    local rounds = {}
    for i, c in ipairs(results.cases) do rounds[i] = c.round end
    assert.same({ 1, 2, 3, 4, 5, 6 }, rounds)
  end)

  it("takes whole numbers only", function()
    for _, word in ipairs { "--repeat=0", "--repeat=x", "--retry=0", "--retry=1.5" } do
      local status, output = rig:call { "run", "smoke", word }
      assert.equal(4, status)
      assert.matches(word:match "^[^=]+" .. " is a whole number from 1", output, 1, true)
    end
  end)
end)

teardown(function() rig:remove() end)
