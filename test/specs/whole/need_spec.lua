-- need: what is missing of the table is found by its kind; Debian's packages of it by release, and on another
-- distribution a list by kind. need.sh with a table and an apt.sh of ours.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local HOME = engine.home() .. "/engine/tools/needs"

local OS = {
  bookworm = 'ID=debian\nVERSION_ID="12"\n', trixie = 'ID=debian\nVERSION_ID="13"\n',
  testing = 'ID=debian\nVERSION_CODENAME=forky\n', bullseye = 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"\n',
  fedora = "ID=fedora\nVERSION_ID=41\nPRETTY_NAME='Fedora Linux 41'\n",
}

-- All of it is missing but what is named "there".
local TABLE = [[
# a comment
build     program  sh              there
build     program  no-such-one     one
build     program  no-such-two     12:two 13:two-new
build     package  a-library       12:- 13:a-library-dev
build     library  no-such-three   three
build     header   no/such.h       four
run       lua      argparse        there
run       lua      no.such         five
run       python   json            there
run       python   no_such         six
run       path     /no/such        seven
run       path     /etc            there
run       program  no-such-one     one
test      program  sh              there
]]

local function rig_with(os, text)
  local rig = moonrig.new()
  finally(function() rig:remove() end)
  rig:write("need.sh", paths.read(HOME .. "/need.sh"))
  rig:write("table", text or TABLE)
  rig:write("apt.sh", "echo apt: $*")
  rig:write("os", OS[os])
  return rig
end

local function ran(rig, ...)
  local words = { "sh", "-c", 'exec sh "$0/need.sh" "$@" 2>&1', rig.work, ... }
  local r = assert(engine.here():run(words, { env = { "OS_RELEASE=" .. rig.work .. "/os" }, timeout = 30 }))
  return { r.code, r.out }
end

describe("what is needed", function()
  for os, packages in pairs {
    bookworm = "one two three four", trixie = "one two-new a-library-dev three four",
    testing = "one two-new a-library-dev three four",
  } do
    it("is installed by the names of " .. os, function()
      assert.same({ 0, "apt: " .. packages .. "\n" }, ran(rig_with(os), "build"))
    end)
  end

  it("for several purposes is asked for once", function()
    assert.same({ 0, "apt: one two three four five six seven\n" }, ran(rig_with "bookworm", "build", "run"))
  end)

  for _, os in ipairs { "trixie", "fedora" } do
    it("and is there, wherever from, is not asked for on " .. os, function()
      assert.same({ 0, "" }, ran(rig_with(os), "test"))
    end)
  end

  for os, name in pairs { fedora = "Fedora Linux 41", bullseye = "Debian 11" } do
    it("is listed by kind on " .. name .. ", with where it is searched", function()
      assert.same({ 3, "moonrig: " .. name .. " is not Debian 12 or later: install what is missing, then try again\n"
        .. "  programs (searched in PATH; CC= names another compiler): no-such-one no-such-two\n"
        .. "  libraries with their headers (searched by pkg-config; PKG_CONFIG_PATH= names more folders): no-such-three\n"
        .. "  headers of C (searched by the compiler; CPATH= names more folders): no/such.h\n"
        .. "  modules of Lua 5.1 (searched in LUA_PATH and LUA_CPATH): no.such\n"
        .. "  modules of Python 3 (searched in PYTHONPATH): no_such\n"
        .. "  files: /no/such\n" }, ran(rig_with(os), "build", "run"))
    end)
  end

  it("is found where the search was told to look", function()
    local rig = rig_with("fedora", "run lua no.such five\n")
    assert(engine.fs.mkdir(rig.work .. "/no"))
    rig:write("no/such.lua", "")
    local words = { "env", ("LUA_PATH=/x/?.lua;%s/?.lua;;"):format(rig.work), "OS_RELEASE=" .. rig.work .. "/os", "sh",
      rig.work .. "/need.sh", "run" }
    assert.equal(0, engine.here():run(words).code)
  end)

  it("for an unknown purpose is an error", function()
    assert.same({ 4, 'need: nothing in the table is for "bild"\n' }, ran(rig_with "trixie", "build", "bild"))
  end)
end)

describe("the table", function()
  it("has rows of known kinds, for purposes that the Makefile has", function()
    local makefile, purposes = paths.read(engine.home() .. "/Makefile"), {}
    for words in makefile:gmatch "NEEDS = ([%l ]+)" do
      for purpose in words:gmatch "%l+" do purposes[purpose] = true end
    end
    local kinds = { program = true, library = true, header = true, lua = true, python = true, path = true, package = true }
    local seen = 0
    for line in paths.read(HOME .. "/table"):gmatch "[^\n]+" do
      local purpose, kind, packages = line:match "^(%l+) +(%l+) +%S+ +(%S.*)$"
      if not line:find "^#" then
        assert.is_true(purposes[purpose], line)
        assert.is_true(kinds[kind], line)
        assert.matches("^[%w:. +-]+$", packages)
        seen = seen + 1
      end
    end
    assert.is_true(seen > 50, seen)
  end)
end)
