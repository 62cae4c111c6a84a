-- When a case can be joined: once it has gone on for a moment, and not where it is over by then.

local engine = require "engine"

local attach_server = require "repl.attach_server"
local moonrig = require "specs.moonrig"

describe("a case's attach server", function()
  it("is there while the case goes on", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    local file = rig:write("x.lua", moonrig.case [[
      local engine = package.loaded.engine
      local folder = os.getenv "MOONRIG_CACHE" .. "/attach"
      t:eventually(10, function() return #(engine.fs.list(folder) or {}) == 1 end, "it can be joined")]])
    local code, said = rig:call({ "run", file, "-o", rig.work .. "/out" }, { "MOONRIG_CACHE=" .. rig.work .. "/cache" })
    assert.equal(0, code, said)
    assert.same({}, engine.fs.list(rig.work .. "/cache/attach"))
  end)

  it("is not made for one that is over at once", function()
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
