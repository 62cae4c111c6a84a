-- handles: a misuse of a console or a node, as a scenario catches it and as it ends one.

local moonrig = require "specs.moonrig"

local rig

setup(function() rig = moonrig.new() end)
teardown(function() rig:remove() end)

describe("a misuse of a handle", function()
  local function run(steps)
    local file = rig:write("x.lua", moonrig.case(steps))
    local _, out = rig:call { "run", file, "-o", rig.work .. "/out" }
    return moonrig.results(rig.work .. "/out").cases[1], out
  end

  it("has the scenario's place, where it is caught, too", function()
    local c, out = run [[
      t:equal(1, 1, "one")
      t:note(select(2, pcall(function() t:here():run("echo hi") end)))
      local console = t:here():spawn({ "cat" }, { name = "c", pipes = true })
      t:note(select(2, pcall(function() console:expect {} end)))
      t:note(select(2, pcall(console.expect, console, "x", { no_such = 1 })))
      console:close(5)]]
    assert.equal("PASS", c.status, out)
    for i, line in ipairs { 3, 5, 6 } do
      assert.matches("^[^:]*x.lua:" .. line .. ": ", c.notices[i])
      assert.is_nil(c.notices[i]:find("handles.lua", 1, true))
    end
    assert.equal(3, #c.notices)
  end)

  it("has it once where it ends the case", function()
    local c = run '\nt:here():run "echo hi"'
    assert.equal("ERROR", c.status)
    assert.matches("^[^:]*x.lua:3: [^\n]+$", c.reason)
    assert.is_nil(c.reason:find("%.lua.*%.lua"))
    assert.matches("x.lua:3$", c.where)
  end)
end)
