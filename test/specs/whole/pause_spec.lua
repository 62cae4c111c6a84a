-- t:pause() where nobody comes: what becomes of the deadlines, and of two pauses at once.

local engine = require "engine"

local moonrig = require "specs.moonrig"

-- Runs a scenario's steps; its exit status, what was printed, its result.
local function run(steps, header, ...)
  local rig = moonrig.new()
  finally(function() rig:remove() end)
  local dir = rig:plan("plan", { x = ('return rig.case { name = "x", %s run = function(t)\n%s\nend }'):format(header,
    steps) })
  local code, said = rig:call { "run", dir, "-o", rig.work .. "/out", ... }
  return code, said, moonrig.results(rig.work .. "/out").cases[1]
end

describe("a pause that nobody ends", function()
  it("moves the case's deadline, also where it lasts beyond that", function()
    local code, _, c = run('t:truthy(true, "it is there") t:pause "here" t:elapse(60)', "timeout = 1,", "--keep", "1.5")
    assert.equal(3, code)
    assert.matches("^not done within its 1 s; it was at: elapse: interrupted %(.*%.lua:%d+%)", c.reason)
    assert.is_true(c.paused >= 1.5)
  end)

  it("is over with the run", function()
    -- nothing else ends the pause
    local code, _, c = run('t:truthy(true, "it is there") t:pause "here" t:elapse(60)', "timeout = 60,", "--keep", "999999",
      "--deadline", "1.5")
    assert.equal(3, code)
    assert.matches("^the run's deadline of 1.5 s came; it was at: .*x.lua:2", c.reason)
  end)

  it("waits for another that is there already", function()
    local code, said, c = run([[
      local one = t:spawn(function() t:pause "one" return true end)
      local two = t:spawn(function() t:pause "two" return true end)
      t:truthy(one:join() and two:join(), "both went on")
      t:elapse(60)]], "timeout = 2,", "--keep", "0.5")
    assert.equal(3, code)
    assert.matches("one: no order within 0.5 s, so the scenario continues.*two: no order within 0.5 s", said)
    assert.matches("^not done within its 2 s; it was at: elapse", c.reason)
  end)
end)

-- A run that pauses once, where these lines are typed at it: its exit status, its result, what was said there.
local function typed(steps, ...)
  local rig = moonrig.new()
  finally(function() rig:remove() end)
  rig:write("x.lua", moonrig.case(steps))
  local env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache", "HOME=" .. rig.work }
  local program = assert(engine.here():spawn({ rig.exe, "run", rig.work .. "/x.lua", "--keep", "30", "-o", rig.work .. "/out" },
    { name = "run", pipes = true, env = env, cwd = rig.work }))
  local said = {}
  for _, line in ipairs { ... } do
    program:expect("joins it\n", { timeout = 30, from = "last" })
    local console = assert(engine.here():spawn({ rig.exe, "attach" }, { name = "attach", pipes = true, env = env }))
    assert(console:expect(":help explains them\n", 30))
    console:type(line .. "\n:checks\n:continue\n")
    console:eof()
    assert(console:await_exit(30))
    said[#said + 1] = console:tail(20)
  end
  return program:await_exit(30).code, moonrig.results(rig.work .. "/out").cases[1], table.concat(said)
end

describe("a check that a person types at a pause", function()
  it("proves nothing of the case", function()
    local code, c, said = typed('t:pause "here"', 't:truthy(true, "mine")', "")
    assert.matches("ok     mine", said)
    assert.equal(3, code)
    assert.equal("nothing was checked: a case calls at least one check, such as t:equal", c.reason)
  end)

  it("does not fail it", function()
    local code, c, said = typed('t:pause "here" t:truthy(true, "the case has one")', 't:equal(1, 2, "mine")', "")
    assert.matches("mine: expected 2, got 1", said)
    assert.equal(0, code)
    assert.equal(1, #c.checks)
    assert.matches("a person typed at this case", table.concat(c.notices, "\n"))
  end)
end)

-- Runs a scenario step by step with these typed lines. Returns its exit status and output.
local function run_steps(text, ...)
  local rig = moonrig.new():settle()
  finally(function() rig:remove() end)
  rig:write("x.lua", (text:gsub("COUNT", rig.work .. "/count")))
  local env = { "TMPDIR=" .. rig.tmp, "XDG_STATE_HOME=" .. rig.work, "HOME=" .. rig.work }
  local console = assert(engine.here():spawn({ rig.exe, "repl", rig.work .. "/x.lua" },
    { name = "step_run", pipes = true, env = env, cwd = rig.work }))
  local shown = {}
  for _, line in ipairs { ... } do
    shown[#shown + 1] = assert(console:expect(":help explains them\n", 30))
    console:type(line .. "\n")
  end
  local code = console:await_exit(30).code
  return code, table.concat(shown)
end

-- The steps find which run of them it is.
local NTH = [[
  local f = io.open("COUNT") local n = 1 + (f and f:read "*n" or 0) if f then f:close() end
  f = io.open("COUNT", "w") f:write(n) f:close()]]

describe("a step run", function()
  it("shows the verdict with its cells, and ends as its last run did", function()
    local code, shown = run_steps([[return rig.case { name = "x", run = function(t)]] .. NTH .. [[

      t:cell("one", function() t:equal(n, 2, "it is the second") end)
      local task = t:spawn(function() t:elapse(n == 1 and 60 or 0) end)
      t:elapse(0.05)
      if n == 2 then task:join() end
    end }]], ":continue", ":continue", ":stop")
    assert.matches("ERROR: 1 of 1 cells: one [^\n]*\none: it is [^\n]*\na task of t:spawn still runs", shown)
    assert.matches("ERROR.-\nPASS\n", shown)
    assert.equal(0, code)
  end)

  it("does not call a run with a cell that failed a PASS", function()
    local code, shown = run_steps([[return rig.case { name = "x", run = function(t)
      t:cell("one", function() t:equal(1, 2, "one is two") end)
    end }]], ":continue", ":stop")
    assert.matches("\nFAIL: 1 of 1 cells: one", shown)
    assert.equal(1, code)
  end)
end)
