-- The REPL's end, however it comes: nothing of the rig is left, as of a run's.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local topology = require "vm.topology"

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

describe("a VM's port", function()
  local function refused(words, ...)
    local ports = {}
    for i, mac in ipairs { ... } do ports[i] = { socket = "s" .. i, mac = mac } end
    local ok, err = pcall(topology.options, { ports = ports }, "/")
    assert.is_false(ok)
    assert.matches(words, tostring(err))
  end

  it("has an address that no other NIC of it has", function()
    refused("port 1: mac 52:54:00:00:00:01 is the management NIC's", "52:54:00:00:00:01")
    refused("port 2: mac 52:54:00:00:00:0A is port 1's", "52:54:00:00:00:0a", "52:54:00:00:00:0A")
  end)
end)
