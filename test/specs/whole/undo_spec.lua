-- undo: what a case registered for its end is done, also after the supervisor's.

local engine = require "engine"

local moonrig = require "specs.moonrig"

describe("an undo", function()
  local rig = moonrig.new()
  local undone = rig.work .. "/undone"

  -- The supervisor is killed when the case is in this phase; then the undo's file appears.
  local function is_done_after(name, steps)
    local file = rig:write(name .. ".lua", moonrig.case(steps .. ' t:phase "ready" t:elapse(60)'))
    local console = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", rig.work .. "/out" },
      { name = name, pipes = true, env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" } }))
    assert(console:expect("ready", 30))
    assert.is_nil(engine.fs.stat(undone))
    engine.here():run { "kill", "-KILL", tostring(console:pid()) }
    console:close(5)
    assert(engine.await_path(undone, 30))
    local deadline = engine.now() + 30
    while rig:leftovers() ~= "" and engine.now() < deadline do engine.elapse(0.01) end
    assert.equal("", rig:leftovers())
    os.remove(undone)
  end

  it("is done where its supervisor is killed", function()
    is_done_after("quiet", ("t:here():undo { 'touch', %q }"):format(undone))
  end)

  -- Nobody reads what the worker and its guard print then.
  it("is done where it prints, too", function()
    is_done_after("prints", ("t:here():undo { 'sh', '-c', 'echo one; echo two; touch \"$0\"', %q }"):format(undone))
  end)

  teardown(function() rig:remove() end)
end)
