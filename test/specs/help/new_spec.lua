-- new: what it writes passes as it stands, and nothing that is there is overwritten.

local engine = require "engine"

local helper = require "specs.helper"
local moonrig = require "specs.moonrig"
local new = require "help.new"

local rig = moonrig.new()

describe("moonrig new", function()
  it("has templates", function() assert.is_true(#new.templates() > 2) end)

  for _, template in ipairs(new.templates()) do
    it("writes a scenario from " .. template .. " that passes", function()
      local needs_image = template == "vm" or template == "hotplug"
      if needs_image and not helper.has_image() then return pending "no guest image" end
      local file = ("%s/first_%s.lua"):format(rig.work, template)
      local code, out = rig:call { "new", file, "--from", template }
      assert.equal(0, code, out)
      local text = moonrig.read(file)
      assert.matches("first_" .. template, text)
      assert.is_nil(text:find "NAME")
      code, out = rig:call({ "run", file, "-o", rig.work .. "/out" }, nil, 200)
      assert.equal(0, code, out)
    end)
  end

  it("overwrites nothing, and names what it does not know", function()
    local file = rig:write("mine.lua", "mine")
    local code, out = rig:call { "new", file }
    assert.equal(4, code)
    assert.matches("already exists", out)
    assert.equal("mine", moonrig.read(file))
    code, out = rig:call { "new", rig.work .. "/x.lua", "--from", "lopback" }
    assert.equal(4, code)
    assert.matches("unknown template lopback %(did you mean loopback", out)
    code, out = rig:call { "new", "a b" }
    assert.equal(4, code)
    assert.matches("no name for a scenario", out)
    assert.is_nil(engine.fs.stat(rig.work .. "/x.lua"))
  end)

  it("writes PLAN/NAME below scripts/ of the working folder, where it is run and listed by its name", function()
    local words = { "new mine/first", "run mine/first -o out", "list mine" }
    for _, line in ipairs(words) do
      local r = assert(engine.here():run({ "sh", "-c", rig.exe .. " " .. line },
        { cwd = rig.work, env = { "TMPDIR=" .. rig.tmp } }))
      assert.equal(0, r.code, r.out .. r.err)
      assert.matches("mine/first", r.out)
    end
    assert.is_truthy(engine.fs.stat(rig.work .. "/scripts/mine/first.lua"))
    local r = assert(engine.here():run({ rig.exe, "list", "smoke/loopback" }, { cwd = rig.work }))
    assert.matches("^smoke/loopback ", r.out)
  end)

  it("takes a path for a path, wherever it ends, as :save does", function()
    local code, out = rig:call { "new", rig.work .. "/deep/second" }
    assert.equal(0, code, out)
    assert.is_truthy(engine.fs.stat(rig.work .. "/deep/second.lua"), out)
    assert.is_truthy(out:find(("moonrig run %s/deep/second.lua"):format(rig.work), 1, true), out)
    assert.equal("scripts/mine/x.lua", new.place_of "mine/x")
    assert.equal("./x.lua", new.place_of "./x")
  end)

  it("leaves nothing", function() engine.fs.rmtree(rig.work) end)
end)
