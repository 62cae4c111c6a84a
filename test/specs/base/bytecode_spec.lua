-- bytecode: a module comes from it while its source is the one that was compiled, and never otherwise.

local engine = require "engine"

local bytecode = require "base.bytecode"
local compiler = dofile(engine.home() .. "/engine/tools/bytecode.lua")
local paths = require "base.paths"

describe("bytecode", function()
  local folder, file

  before_each(function()
    folder = engine.scratch()
    file = folder .. "/lib.bytecode"
    paths.write(folder .. "/one.lua", "return { name = ..., value = 1 }")
    paths.write(folder .. "/bad.lua", "local x\n\nerror 'no'")
  end)
  after_each(function() engine.fs.rmtree(folder) end)

  local function source(name, path)
    return { name = name, now = ("%s/%s.lua"):format(folder, name), path = path or ("%s/%s.lua"):format(folder, name) }
  end

  local function compile(home) compiler.compile(file, home or folder, { source "one", source "bad" }) end

  it("has modules that are the same as their sources", function()
    compile()
    local load = bytecode.loader(file, folder)
    assert.same({ name = "m", value = 1 }, load("one")("m"))
    assert.is_nil(load "other")
  end)

  it("is read by parts of a file that are a chunk", function()
    local f = assert(io.open(file, "wb"))
    f:write("xx" .. "return 7" .. "%%")
    f:close()
    f = assert(io.open(file, "rb"))
    assert.equal(7, engine.fs.load(f, 2, 8, "@it")())
    assert.is_nil((engine.fs.load(f, 2, 9, "@it")))
    assert.is_nil((engine.fs.load(f, 5, 8, "@it")))
    for _, bad in ipairs { { f, -1, 8 }, { f, 0, 0 }, { f, 0, 2 ^ 40 }, { f, 0, 0 / 0 }, { f, 0 / 0, 1 }, { {}, 0, 1 } } do
      assert.has_error(function() engine.fs.load(bad[1], bad[2], bad[3], "@it") end)
    end
    f:close()
    assert.has_error(function() engine.fs.load(f, 2, 8, "@it") end)
  end)

  it("keeps the lines of the source", function()
    compile()
    local ok, err = pcall(bytecode.loader(file, folder)("bad"))
    assert.is_false(ok)
    assert.equal(folder .. "/bad.lua:3: no", err)
  end)

  it("gives way to a source that has changed, in its text or its time, or is gone", function()
    compile()
    local load = bytecode.loader(file, folder)
    paths.write(folder .. "/one.lua", "return { name = ..., value = 2 }")
    assert.is_nil(load "one")
    assert.is_truthy(load "bad")
    engine.here():run { "touch", "-d", "@1000000000.5", folder .. "/bad.lua" }
    assert.is_nil(load "bad")
    compile()
    load = bytecode.loader(file, folder)
    assert.equal(2, load("one")("m").value)
    os.remove(folder .. "/one.lua")
    assert.is_nil(load "one")
  end)

  it("is none of another place's, nor broken", function()
    compile "/another/home"
    assert.is_nil(bytecode.loader(file, folder))
    assert.is_truthy(bytecode.loader(file, "/another/home"))
    compile()
    local text = paths.read(file)
    for _, wrong in ipairs { "", "x", text:sub(1, 20), text:sub(2), (text:gsub("LuaJIT 2", "LuaJIT 9", 1)) } do
      paths.write(file, wrong)
      assert.is_nil(bytecode.loader(file, folder))
    end
    paths.write(file, text:sub(1, -2))
    assert.is_nil(bytecode.loader(file, folder) "bad")
    assert.is_nil(bytecode.loader(folder .. "/absent", folder))
  end)
end)
