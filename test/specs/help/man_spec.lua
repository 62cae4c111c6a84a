-- man: the page has each verb, each option and each variable that is read, and scdoc takes it.

local engine = require "engine"

local man = dofile(engine.home() .. "/engine/tools/man.lua")
local moonrig = require "specs.moonrig"
local rooms = require "base.rooms"

local parser = require("cli.cli").parser()
local source = man.source()

describe("the man page", function()
  it("tells of each verb and each option", function()
    local options = 0
    for _, command in ipairs(parser._commands) do
      local from = assert(source:find("\n*" .. command._name .. "*", 1, true), command._name)
      local section = source:sub(from, (source:find("\n%*%l", from + 1) or #source))
      for _, option in ipairs(command._options) do
        for _, name in ipairs(option._aliases) do
          if name ~= "-h" and name ~= "--help" then
            assert.is_truthy(section:find("*" .. name .. "*", 1, true), command._name .. " " .. name)
            options = options + 1
          end
        end
      end
    end
    assert.is_true(options > 15)
  end)

  it("tells of each of moonrig's variables that lib/ reads", function()
    local told = 0
    for _, name in ipairs(rooms.all()) do
      -- those of sabotage are its own programs' among themselves
      local text = rooms.of(name) ~= "sabotage" and moonrig.read(rooms.file(name)) or ""
      for variable in text:gmatch '[env]+%(? ?"(MOONRIG_[%u_]+)"' do
        assert.is_truthy(source:find("*" .. variable .. "*", 1, true), variable .. " of " .. name)
        told = told + 1
      end
    end
    assert.is_true(told >= 3)
  end)

  it("is what scdoc takes", function()
    local r = assert(engine.here():run({ "scdoc" }, { input = source }))
    assert.equal("", r.err)
    assert.equal(0, r.code)
    assert.matches("%.TH \"moonrig\" \"1\"", r.out)
  end)
end)
