-- libraries: how moonrig's libraries are linked, by what the compiler and pkg-config find: libraries.sh with both of ours.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local SCRIPT = engine.home() .. "/engine/tools/libraries.sh"

-- As gcc's: the name alone where it finds nothing.
local CC = [[#!/bin/sh
name=${1#-print-file-name=}
case " $HAS " in *" $name "*) echo "/lib/$name" ;; *) echo "$name" ;; esac]]

local PKG_CONFIG = [[#!/bin/sh
case "$*" in
*--static*libcrypto) echo "$CRYPTO" ;;
--libs*) echo "-l${2#lib} -shared-one" ;;
esac]]

local function words(has, crypto, ...)
  local rig = moonrig.new()
  finally(function() rig:remove() end)
  assert(engine.fs.mkdir(rig.work .. "/bin"))
  for name, text in pairs { cc = CC, ["pkg-config"] = PKG_CONFIG } do
    assert(engine.fs.chmod(rig:write("bin/" .. name, text .. "\n"), 448))
  end
  local r = assert(engine.here():run({ "sh", SCRIPT, ... }, { env = { ("PATH=%s/bin:%s"):format(rig.work, os.getenv "PATH"),
    "CC=cc", "HAS=" .. has, "CRYPTO=" .. crypto } }))
  assert.equal(0, r.code, r.err)
  return r.out, r.err
end

describe("a library", function()
  it("is static as Debian 12 has it", function()
    local out, err = words("libuv_a.a libssh2.a libcrypto.a libz.a", "-lcrypto -ldl -lpthread", "libuv", "libssh2")
    assert.equal("-l:libuv_a.a\n-l:libssh2.a -l:libcrypto.a -l:libz.a\n", out)
    assert.equal("", err)
  end)

  it("is static as Debian 13 has it", function()
    local out, err = words("libuv.a libssh2.a libcrypto.a libz.a libzstd.a", "-lcrypto -lz -lzstd -ldl -lpthread",
      "libuv", "libssh2")
    assert.equal("-l:libuv.a\n-l:libssh2.a -l:libcrypto.a -l:libz.a -l:libzstd.a -l:libz.a\n", out)
    assert.equal("", err)
  end)

  it("is shared where it, or what it needs, has no static one, which is told", function()
    local out, err = words("libjansson.a libssh2.a", "-lcrypto", "jansson", "libssh2", "libuv")
    assert.equal("-l:libjansson.a\n-lssh2 -shared-one\n-luv -shared-one\n", out)
    assert.equal("moonrig: libssh2 is linked as a shared library: the compiler finds no libcrypto.a\n"
      .. "moonrig: libuv is linked as a shared library: the compiler finds no libuv.a\n", err)
  end)
end)
