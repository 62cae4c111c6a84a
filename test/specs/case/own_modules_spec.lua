-- own_modules: a module of the user's own beside a scenario is required by name, is no scenario itself, and goes along:
-- into the recording, a bundle, a replay.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local USES = moonrig.case [[
    t:equal(require("common").answer(), 42, "what the module gives")
    t:equal(require("parts.one"), 1, "what a folder's module gives")
    t:equal(require "common", require "common", "a module is loaded once")]]

describe("a module beside a scenario", function()
  local rig, out

  before_each(function()
    rig = moonrig.new()
    out = rig.work .. "/out"
    rig:plan("mine", { x = USES, common = 'local one = require "parts.one"\nreturn { answer = function() return 41 + one end }' })
    assert(engine.fs.mkdir(rig.work .. "/mine/parts"))
    rig:write("mine/parts/one.lua", "return 1")
  end)
  after_each(function() rig:remove() end)

  it("is found there, wherever one stands, and is no scenario", function()
    local code, said = rig:call { "run", rig.work .. "/mine", "-o", out }
    assert.equal(0, code, said)
    assert.matches("\n1 passed, 0 failed in ", "\n" .. said)
    code, said = rig:call { "list", rig.work .. "/mine" }
    assert.equal(0, code, said)
    assert.matches("^mine/x +[^\n]*\n$", said)
  end)

  it("is not looked for in the working folder", function()
    rig:write("stray.lua", "return 1")
    rig:write("mine/x.lua", moonrig.case 'require "stray"')
    local r = assert(engine.here():run({ rig.exe, "run", "mine/x.lua", "-o", out }, { cwd = rig.work }))
    assert.equal(3, r.code, r.out)
    assert.matches("no module stray beside mine/x.lua, in moonrig's kit", r.out)
  end)

  it("that is missing is said with all places where it was looked for, each once", function()
    for name, files in pairs { ["parts.two"] = { "mine/parts/two.lua", "lua/parts/two.lua", "lua/parts/two/init.lua" },
      none = { "mine/none.lua", "lua/none.lua", "lua/none/init.lua", "/usr/share/lua/5.1/none.lua" },
      ["a%d"] = { "mine/a%d.lua", "lua/a%d.lua" } } do
      rig:write("mine/x.lua", moonrig.case(('require "%s"'):format(name)))
      local r = assert(engine.here():run({ rig.exe, "run", "mine/x.lua", "-o", out }, { cwd = rig.work,
        env = { "TMPDIR=" .. rig.tmp, "LUA_PATH=lua/?.lua;lua/?/init.lua;;" } }))
      local places = r.out:match ": looked for ([^\n]*)"
      assert.is_truthy(places, r.out)
      for _, file in ipairs(files) do
        assert.equal(2, #(" " .. places .. ","):gsub("[^ ]+", function(word) return word == file .. "," and "X" or "" end)
          :gsub("[^X]", "") + 1, file .. " in " .. places)
      end
      assert.is_nil(places:find(engine.home() .. "/lib/", 1, true))
    end
  end)

  it("of the system is found, and one that lacks another names that one", function()
    assert(engine.fs.mkdir(rig.work .. "/lua"))
    rig:write("lua/installed.lua", 'return require "lacking"')
    rig:write("mine/x.lua", moonrig.case 'require "installed"')
    local code, said = rig:call({ "run", rig.work .. "/mine/x.lua", "-o", out }, { "LUA_PATH=" .. rig.work .. "/lua/?.lua;;" })
    assert.equal(3, code, said)
    assert.matches("module 'lacking' not found", said)
    rig:write("lua/installed.lua", "return 7")
    rig:write("mine/x.lua", moonrig.case 't:equal(require "installed", 7, "an installed module")')
    code, said = rig:call({ "run", rig.work .. "/mine/x.lua", "-o", out }, { "LUA_PATH=" .. rig.work .. "/lua/?.lua;;" })
    assert.equal(0, code, said)
  end)

  it("that is run by its name is an error that says what a scenario is", function()
    local code, said = rig:call { "run", rig.work .. "/mine/common.lua", "-o", out }
    assert.equal(3, code, said)
    assert.matches("common.lua: a scenario ends with `return rig.case", said)
  end)

  it("that fails, or requires itself, is named with its line", function()
    rig:write("mine/common.lua", "local x = nil\nreturn x.y")
    local code, said = rig:call { "run", rig.work .. "/mine", "-o", out }
    assert.equal(3, code, said)
    assert.matches("mine/common.lua:2: attempt to index", said)
    rig:write("mine/common.lua", 'return require "common"')
    code, said = rig:call { "run", rig.work .. "/mine", "-o", out }
    assert.equal(3, code, said)
    assert.matches("module common requires itself", said)
  end)

  it("is replayed as it ran, and as it is now", function()
    rig:call { "run", rig.work .. "/mine", "-o", out }
    local code, said = rig:call { "replay", out .. "/latest" }
    assert.equal(0, code, said)
    rig:write("mine/parts/one.lua", "return 2")
    code, said = rig:call { "replay", out .. "/latest" }
    assert.equal(1, code, said)
    assert.matches("what the module gives: expected 42, got 43", said)
    code, said = rig:call { "replay", out .. "/latest", "--recorded" }
    assert.equal(0, code, said)
  end)

  it("is in a bundle, which replays where the module is not", function()
    rig:call { "run", rig.work .. "/mine", "-o", out }
    local file = rig.work .. "/run.tar.gz"
    local code, said = rig:call { "bundle", out .. "/latest", "-f", file }
    assert.equal(0, code, said)
    engine.fs.rmtree(rig.work .. "/mine")
    engine.fs.rmtree(out)
    code, said = rig:call { "replay", file }
    assert.equal(0, code, said)
    local r = assert(engine.here():run { "tar", "-tzf", file })
    assert.matches("/mine%.x/modules/common%.lua\n", r.out)
    assert.matches("/mine%.x/modules/parts/one%.lua\n", r.out)
  end)
end)
