-- A terminal can attach to a case after a moment. A case that is over by then opens no socket.

local engine = require "engine"

local attach_server = require "repl.attach_server"
local moonrig = require "specs.moonrig"

describe("a case's attach server", function()
  it("is open while the case runs", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    local file = rig:write("x.lua", moonrig.case [[
      local engine = package.loaded.engine
      local folder = os.getenv "MOONRIG_CACHE" .. "/attach"
      t:eventually(10, function() return #(engine.fs.list(folder) or {}) == 1 end, "a terminal can attach")]])
    local code, output = rig:call({ "run", file, "-o", rig.work .. "/out" }, { "MOONRIG_CACHE=" .. rig.work .. "/cache" })
    assert.equal(0, code, output)
    assert.same({}, engine.fs.list(rig.work .. "/cache/attach"))
  end)

  it("is not opened for a case that is over at once", function()
    local folder = engine.scratch()
    finally(function() engine.fs.rmtree(folder) end)
    local function unexpected(what) error("not expected: " .. tostring(what)) end
    local one = attach_server.new { ctx = { scratch = folder, notice = unexpected, own_tree = unexpected }, emit = unexpected }
    one:open_soon()
    engine.elapse(0)
    one:stay_closed()
    engine.elapse(0.3)
    assert.same({}, engine.fs.list(folder))
    assert.is_nil(one.socket)
  end)
end)
