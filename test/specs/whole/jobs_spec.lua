-- jobs: cases side by side, their order, and what ends them all.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local PASSES = moonrig.case 't:equal(1, 1, "one")'
local FAILS = moonrig.case 't:equal(1, 2, "two")'
-- it goes on once the other one is there: with one lane neither comes to its end
local function meets(me, other)
  return moonrig.case(([[
    assert(io.open(%q, "w")):close()
    t:eventually(20, function() return io.open(%q) end, "the other one runs, too")]]):format(
    rig.work .. "/" .. me, rig.work .. "/" .. other))
end

local function run(plan, ...)
  local out = ("%s/out-%s"):format(rig.work, table.concat({ ... }, "_"))
  local r = assert(engine.here():run({ rig.exe, "run", plan, "-o", out, ... },
    { env = { "TMPDIR=" .. rig.tmp }, timeout = 100 }))
  local results = moonrig.results(out) or {}
  local seen = {}
  for i, c in ipairs(results.cases or {}) do seen[i] = c.name .. " " .. c.status end
  return { code = r.code, out = r.out .. r.err, seen = seen }
end

describe("cases side by side", function()
  it("run at once, and are told in their order", function()
    local plan = rig:plan("meeting", { a = meets("a", "b"), b = meets("b", "a"), c = FAILS, d = PASSES })
    local r = run(plan, "-j", "2")
    assert.equal(1, r.code, r.out)
    assert.same({ "a PASS", "b PASS", "c FAIL", "d PASS" }, r.seen)
    assert.equal("", rig:leftovers())
  end)

  it("have the same verdicts as one by one, in any order", function()
    local plan = rig:plan("many", { a = PASSES, b = FAILS, c = PASSES, d = FAILS, e = PASSES })
    local one = run(plan)
    assert.same(one.seen, run(plan, "-j", "auto").seen)
    local shuffled = run(plan, "-j", "3", "--shuffle", "--seed", "5").seen
    assert.not_same(one.seen, shuffled)
    table.sort(shuffled)
    assert.same(one.seen, shuffled)
  end)

  it("are not begun any more behind one that failed, with -x", function()
    local waits = moonrig.case 't:elapse(0.5) t:equal(1, 1, "one")'
    local r = run(rig:plan("early", { a = FAILS, b = waits, c = PASSES }), "-j", "2", "-x")
    assert.equal(1, r.code, r.out)
    assert.equal(2, #r.seen)
  end)

  it("end with Ctrl-C, all of them", function()
    local waits = moonrig.case 't:phase "waiting" t:elapse(1000)'
    local out = rig.work .. "/interrupted"
    local console = assert(engine.here():spawn({ rig.exe, "run", rig:plan("long", { a = waits, b = waits }), "-j", "2",
      "-v", "-o", out }, { name = "interrupted", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    for _ = 1, 2 do assert(console:expect(": waiting", 20)) end
    console:signal "INT"
    assert.equal(2, assert(console:await_exit(30)).code)
    local cases = moonrig.results(out).cases
    assert.equal(2, #cases)
    for _, c in ipairs(cases) do
      assert.equal("ERROR", c.status)
      assert.matches("interrupted", c.reason)
    end
    assert.equal("", rig:leftovers())
  end)
end)

teardown(function() rig:remove() end)
