-- relay: a shim reports by files in $MOONRIG_SHIM_MARKS that its fault acted, or that the shim itself failed.

local engine = require "engine"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local SHIM = rig.exe:match "^(.*)/" .. "/shim"
local FOLDER = engine.home() .. "/lib/sabotage/"

-- The catalogue that a shim reads has relay_mark.lua beside it.
rig:write("relay_mark.lua", moonrig.read(FOLDER .. "relay_mark.lua"))
local catalogue = rig:write("faults.lua", [[return {
  { name = "nothing" },
  { name = "changes", line = function(text) return text:upper() end },
  { name = "is idle", line = function(text) return text end },
  { name = "breaks", line = function(text, io) return io.no_such_hook() end },
}]])

-- What `echo hello` behind a shim with this fault printed, and the report of this name (nil: none).
local function run(fault, report)
  local marks = ("%s/%s"):format(rig.work, fault:gsub(" ", "_"))
  assert(engine.fs.mkdir(marks))
  local r = assert(engine.here():run({ SHIM, FOLDER .. "relay.lua", catalogue, fault,
    "/bin/echo", "hello" }, { env = { "MOONRIG_SHIM_MARKS=" .. marks }, timeout = 20 }))
  local path = ("%s/%s"):format(marks, report)
  return r, engine.fs.stat(path) and moonrig.read(path)
end

describe("relay", function()
  it("reports that a fault acted", function()
    local r, fired = run("changes", "fired")
    assert.equal("HELLO\n", r.out)
    assert.equal("\n", fired)
  end)

  it("reports a fault without hooks once its program runs", function()
    local _, fired = run("nothing", "fired")
    assert.equal("\n", fired)
  end)

  it("reports nothing where the hooks changed nothing", function()
    local r, fired = run("is idle", "fired")
    assert.same({ 0, nil }, { r.code, fired })
  end)

  it("reports its own failure, by a file and not by its output", function()
    local r, why = run("breaks", "shim_error")
    assert.equal(126, r.code)
    assert.matches("no_such_hook", why)
  end)

  it("passes on the report of a shim in a guest, and no other line of its console", function()
    local source = [[local mark = dofile((...))
      print(mark.relays("moonrig-shim: shim_error no such hook\r\n"), mark.relays("login: "))]]
    local _, marks = rig:write("guest.lua", source), rig.work .. "/guest"
    assert(engine.fs.mkdir(marks))
    local r = assert(engine.here():run({ SHIM, rig.work .. "/guest.lua", FOLDER .. "relay_mark.lua" },
      { env = { "MOONRIG_SHIM_MARKS=" .. marks } }))
    assert.equal("true\tfalse\n", r.out)
    assert.equal("no such hook\n", moonrig.read(marks .. "/shim_error"))
  end)
end)

it("removes its folder", function()
  rig:remove()
end)
