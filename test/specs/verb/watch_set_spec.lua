-- watched: which files are looked at, and what is made of their changes.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local own_modules = require "case.own_modules"
local watch_set = require "run.watch_set"

describe("the files that a text loads", function()
  local rig = moonrig.new()
  local folder = rig.work
  teardown(function() rig:remove() end)
  rig:write("common.lua", "")
  assert(engine.fs.mkdir(folder .. "/parts"))
  rig:write("parts/one.lua", "")

  local function named(text)
    local out = own_modules.named_in(text, { folder })
    for i, path in ipairs(out) do out[i] = path:sub(#folder + 2) end
    return table.concat(out, " ")
  end

  for text, files in pairs {
    ['local c = require "common"'] = "common.lua", ["require('parts.one')"] = "parts/one.lua",
    ['require "parts/one"'] = "parts/one.lua", ['dofile "./common.lua"'] = "common.lua",
    ['dofile(here .. "/parts/one.lua")'] = "parts/one.lua", ['assert(loadfile "common.lua")()'] = "common.lua",
    ['require "common" require "common"'] = "common.lua", ['name = "common"'] = "", ['required "common"'] = "",
    ['require "kit.oracle"'] = "", ['require(name)\nlocal x = "common"'] = "",
  } do
    it(("%q: %s"):format(text, files), function() assert.equal(files, named(text)) end)
  end
end)

describe("all files of lib/", function()
  it("are watched, the report's page among them", function()
    local known, n = {}, 0
    for _, path in ipairs(watch_set.lib_files()) do known[path], n = true, n + 1 end
    for path in assert(engine.here():run { "find", engine.home() .. "/lib", "-type", "f" }).out:gmatch "[^\n]+" do
      assert.is_true(known[path], path)
      n = n - 1
    end
    assert.equal(0, n)
    for _, name in ipairs { "base/rooms.lua", "report/page/page.js", "report/page/report.css", "report/page/report.html",
        "help/stubs/t.lua", "results/results.schema.json" } do
      assert.is_true(known[("%s/lib/%s"):format(engine.home(), name)], name)
    end
  end)
end)

describe("what has changed", function()
  local rig, folder, files

  before_each(function()
    rig = moonrig.new()
    folder = rig:plan("plan", { a = "return 1", b = 'dofile "common.lua"' })
    files = assert(watch_set.new { folder })
  end)
  after_each(function() rig:remove() end)

  local function look()
    local c = files:look()
    files:accept()
    local names = {}
    for i, item in ipairs(c.items) do names[i] = item.name end
    return table.concat(names, " "), watch_set.words(c):gsub("/%S*/", ""), c
  end

  local function seen(items, words)
    local got, said = look()
    assert.same({ items, words }, { got, said })
  end

  it("is nothing at first", function() seen("", "") end)

  it("is what was written, is new, or is gone", function()
    rig:write("plan/a.lua", "return 23")
    seen("a", "a.lua changed")
    rig:write("plan/c.lua", "return 1")
    seen("c", "c.lua is new")
    os.remove(folder .. "/c.lua")
    seen("", "c.lua is gone")
    seen("", "")
  end)

  it("is of those that load it, and is no scenario itself", function()
    rig:write("plan/common.lua", 'require "more"')
    seen("b", "common.lua is new")
    rig:write("plan/more.lua", "return 1")
    seen("b", "more.lua is new")
    rig:write("plan/more.lua", "return 123")
    seen("b", "more.lua changed")
    assert.equal(2, #files:items())
  end)

  it("is everybody's where it is a program that they used", function()
    local program = rig:write("app", "one")
    files:learn { cases = { { programs = { { path = program }, { path = "/usr/bin/true" } } }, {} } }
    seen("", "")
    rig:write("app", "another")
    local items, words, c = look()
    assert.same({ "a b", "app changed" }, { items, words })
    assert.is_true(c.has_program)
    assert.is_nil(table.concat(files:folders(), " "):find "/usr/bin")
  end)

  it("is told in a few words, however much it is", function()
    for i = 1, 9 do rig:write(("plan/n%d.lua"):format(i), "") end
    local _, words = look()
    assert.equal("n1.lua is new, n2.lua is new, n3.lua is new, and 6 more", words)
  end)

  it("looks above a folder that is gone, until it is back", function()
    local function has(path)
      for _, each in ipairs(files:folders()) do
        if each == path then return true end
      end
      return false
    end
    assert.is_true(has(folder))
    engine.fs.rmtree(folder)
    local _, _, c = look()
    assert.truthy(c.err)
    assert.is_false(has(folder))
    assert.is_true(has(rig.work))
    assert(engine.fs.mkdir(folder))
    rig:write("plan/a.lua", "return 1")
    seen("a", "a.lua is new")
    assert.is_true(has(folder))
  end)
end)
