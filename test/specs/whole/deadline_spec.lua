-- deadline: a run ends at its deadline, whatever its cases do, and tells of every case.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local PASSES = moonrig.case 't:equal(1, 1, "one")'

-- A wait that nothing but the deadline ends.
local ENDLESS = 999999

-- Runs a plan; returns exit status, output, results.json, and its cases by their names.
local function run(plan, args)
  local out = rig.work .. "/out"
  engine.fs.rmtree(out)
  local argv = { "run", plan, "-o", out }
  for _, word in ipairs(args) do argv[#argv + 1] = word end
  local status, text = rig:call(argv)
  local results, cases = moonrig.results(out), {}
  for _, c in ipairs(results.cases) do cases[c.name] = c end
  return status, text, results, cases
end

describe("a run's deadline", function()
  it("ends the case under way properly, and what was not started is told, too", function()
    local plan = rig:plan("long", { a = PASSES, c = PASSES, d = "no lua",
      b = moonrig.case(([[t:equal(1, 1, "one") t:phase "wait"
        t:here():spawn({ "sleep", "%d" }, { name = "sleeper" }) t:elapse(%d)]]):format(ENDLESS, ENDLESS),
        ("timeout = %d,"):format(ENDLESS)) })
    local status, out, results, cases = run(plan, { "--deadline", "3" })
    assert.equal(3, status, out)
    assert.same({ "a", "b", "c", "d" }, { results.cases[1].name, results.cases[2].name, results.cases[3].name,
      results.cases[4].name })
    assert.equal("PASS", cases.a.status)
    assert.equal("ERROR", cases.b.status)
    assert.matches("^the run's deadline of 3 s came; it was at: .*b.lua:3", cases.b.reason)
    assert.equal("teardown", cases.b.phases[#cases.b.phases].name)
    for _, name in ipairs { "c", "d" } do
      assert.equal("ERROR", cases[name].status)
      assert.equal("not started: the run's deadline of 3 s came before it", cases[name].reason)
    end
    assert.matches("c.*not started", out)
    assert.equal(3, results.deadline)
    assert.same({ 1, 3 }, { results.totals.PASS, results.totals.ERROR })
    local junit = moonrig.read(rig.work .. "/out/latest/junit.xml")
    assert.matches('tests="4" failures="0" errors="3"', junit)
    assert.matches('name="c".-not started: the run&apos;s deadline of 3 s came before it', junit)
    assert.equal("", rig:leftovers())
  end)

  it("ends a case that computes and does not wait", function()
    local plan = rig:plan("computes", { a = moonrig.case "while true do end" })
    local status, out, _, cases = run(plan, { "--deadline", "2" })
    assert.equal(3, status, out)
    assert.matches("a.lua:2: the run's deadline of 2 s came: it computes", cases.a.reason)
  end)

  it("leaves a case its own, where that comes first", function()
    local plan = rig:plan("own", { a = moonrig.case(("t:elapse(%d)"):format(ENDLESS),
      "known_issue = { why = 'x', says = 'x' },") })
    local status, out, _, cases = run(plan, { "--deadline=" .. ENDLESS, "--timeout", "1" })
    assert.equal(3, status, out)
    assert.matches("^not done within its 1 s", cases.a.reason)
  end)

  it("is not felt by a run that ends before it", function()
    local plan = rig:plan("short", { a = PASSES, b = PASSES })
    local status, out, results = run(plan, { "--deadline=60" })
    assert.equal(0, status, out)
    assert.equal(2, results.totals.PASS)
  end)

  for _, bad in ipairs { "soon", "0", "-1", "nan" } do
    it("is a number above 0, not " .. bad, function()
      local status, out = rig:call { "run", "smoke", "--deadline=" .. bad }
      assert.equal(4, status, out)
      assert.matches("%-%-deadline is a number of seconds above 0", out)
    end)
  end
end)

teardown(function() rig:remove() end)
