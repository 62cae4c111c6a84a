-- apt_sources: Debian's main archive is found in lists of sources of both formats, and nothing else is taken for it.

local engine = require "engine"

local apt_sources = require "host.apt_sources"
local paths = require "base.paths"

local folder

before_each(function()
  folder = assert(engine.scratch())
  paths.make(folder .. "/sources.list.d")
end)

after_each(function() engine.fs.rmtree(folder) end)

local function found(files)
  for name, text in pairs(files) do paths.write(folder .. "/" .. name, text) end
  return apt_sources.debian(folder)
end

local SECTIONS = [[
Types: deb
# http://comment.test/debian
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/x.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
]]

describe("Debian's archive", function()
  it("is found in paragraphs", function()
    assert.equal("http://mirror.test/debian", found { ["sources.list.d/debian.sources"] = SECTIONS })
  end)

  it("is found in lines, with options and a comment", function()
    assert.equal("https://m.test/debian/", found { ["sources.list"] =
      "# deb http://no.test/debian sid main\n deb [arch=amd64 signed-by=/k.gpg] https://m.test/debian/ trixie main # x\n" })
  end)

  it("is not sources of packages, of another archive, another component or a disc", function()
    assert.is_nil(found { ["sources.list"] = table.concat({ "deb-src http://a.test/debian bookworm main",
      "deb http://b.test/debian-security bookworm-security main", "deb http://c.test/x bookworm-pgdg main",
      "deb http://d.test/x bookworm stable", "deb cdrom:[Debian]/ bookworm main" }, "\n") })
  end)

  it("is not a paragraph that is turned off, or of sources", function()
    assert.is_nil(found { ["sources.list.d/a.sources"] = SECTIONS:gsub("Types", "Enabled: no\nTypes"),
      ["sources.list.d/b.sources"] = SECTIONS:gsub("Types: deb", "Types: deb-src") })
  end)

  it("is not in a file that apt does not read", function()
    assert.is_nil(found { ["sources.list.d/debian.sources.save"] = SECTIONS })
  end)

  it("goes by its name before another that has a suite of the same name", function()
    assert.equal("http://mirror.test/debian", found { ["sources.list"] = "deb http://other.test/wine bookworm main",
      ["sources.list.d/debian.sources"] = SECTIONS })
    assert.equal("http://other.test/wine", found { ["sources.list.d/debian.sources"] = "" })
  end)

  it("has words that go on in the next line", function()
    assert.equal("http://mirror.test/debian", found { ["sources.list.d/a.sources"] =
      "Types: deb\nURIs:\n http://mirror.test/debian\nSuites: trixie\nComponents: contrib\n main\n" })
  end)
end)
