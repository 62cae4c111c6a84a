-- t:pause() where nobody comes: what becomes of the deadlines, and of two pauses at once.

local engine = require "engine"

if not engine.here then return end -- outside of the engine there is nothing to run

local moonrig = require "spec.moonrig"

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
    assert.matches("^not done within its 1 s; it was at: elapse", c.reason)
    assert.is_true(c.seconds < 3)
  end)

  it("is over with the run", function()
    local since = engine.now()
    local code, _, c = run('t:truthy(true, "it is there") t:pause "here" t:elapse(60)', "timeout = 60,", "--keep", "60", "--deadline",
      "1.5")
    assert.equal(3, code)
    assert.matches("^the run's deadline of 1.5 s came; it was at", c.reason)
    assert.is_true(engine.now() - since < 15)
  end)

  it("waits for another that is there already", function()
    local code, said, c = run([[
      local one = t:spawn(function() t:pause "one" return true end)
      local two = t:spawn(function() t:pause "two" return true end)
      t:truthy(one:join() and two:join(), "both went on")
      t:elapse(60)]], "timeout = 2,", "--keep", "0.5")
    assert.equal(3, code)
    assert.matches("one: nobody let it go on.*two: nobody let it go on", said)
    assert.matches("^not done within its 2 s; it was at: elapse", c.reason)
  end)
end)
