-- The REPL's end, however it comes: nothing of the rig is left, as of a run's.

local engine = require "engine"

local moonrig = require "specs.moonrig"

-- For what its guard ends, on a loaded machine: no program of the rig ends by itself.
local SECONDS = 60

describe("a REPL whose rig is up", function()
  for _, signal in ipairs { "KILL", "TERM", "HUP" } do
    it("leaves nothing after SIG" .. signal, function()
      local rig = moonrig.new()
      local console = assert(engine.here():spawn({ rig.exe, "repl" }, { name = "repl", pipes = true,
        env = { "TMPDIR=" .. rig.tmp,
        -- a journal of its own: another moonrig's sweep would undo what this one leaves
        "MOONRIG_CACHE=" .. rig.work .. "/cache" } }))
      assert(console:type 'p = t:here():spawn({ "sleep", "1000000" }, { name = "p" }); print("up")\n')
      assert(console:expect("up\n", 20))
      assert(engine.here():run { "kill", "-" .. signal, tostring(console:pid()) })
      local deadline, left = engine.now() + SECONDS
      repeat
        engine.elapse(0.1)
        left = rig:leftovers()
      until left == "" or engine.now() > deadline
      assert.equal("", left)
      console:close(5)
      engine.fs.rmtree(rig.work)
    end)
  end
end)
