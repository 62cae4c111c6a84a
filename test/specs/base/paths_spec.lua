-- paths: files and folders that are read whole or in part.

local engine = require "engine"
local paths = require "base.paths"

describe("paths", function()
  local folder
  before_each(function() folder = assert(engine.scratch()) end)
  after_each(function() engine.fs.rmtree(folder) end)

  it("read a table of JSON, and nothing else", function()
    paths.write(folder .. "/table", '{"a": [1]}')
    assert.same({ a = { 1 } }, paths.read_table(folder .. "/table"))
    for _, text in ipairs { "", "7", '"text"', "{", "null" } do
      paths.write(folder .. "/other", text)
      assert.is_nil(paths.read_table(folder .. "/other"), text)
    end
    assert.is_nil(paths.read_table(folder .. "/none"))
  end)

  it("read the last or the first bytes of a file", function()
    paths.write(folder .. "/file", "0123456789")
    assert.same({ "789", 7, 10 }, { paths.read_part(folder .. "/file", 3) })
    assert.same({ "012", 0, 10 }, { paths.read_part(folder .. "/file", 3, true) })
    assert.same({ "0123456789", 0, 10 }, { paths.read_part(folder .. "/file", 99) })
    assert.is_nil(paths.read_part(folder .. "/none", 3))
  end)

  it("walk a tree in the order of its names, not through links, and not where the caller turns back", function()
    paths.make(folder .. "/b/c")
    paths.make(folder .. "/closed")
    for _, name in ipairs { "a", "b/c/d", "closed/hidden" } do paths.write(folder .. "/" .. name, "") end
    assert(engine.fs.symlink("b", folder .. "/link"))
    local seen = {}
    paths.walk(folder, function(path, st, name)
      seen[#seen + 1] = ("%s %s"):format(path:sub(#folder + 2), st.type)
      return name ~= "closed"
    end)
    assert.same({ "a file", "b dir", "b/c dir", "b/c/d file", "closed dir", "link link" }, seen)
    paths.walk(folder .. "/none", error)
  end)
end)
