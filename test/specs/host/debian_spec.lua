-- debian: another suite's tree is found as it was unpacked; a fetch that fails gives apt's reason and leaves nothing.

local engine = require "engine"

local apt_sources = require "host.apt_sources"
local debian = require "host.debian"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"

local scratch, cache, before
local of_machine = apt_sources.debian

local function set(name, value)
  before[name] = before[name] or os.getenv(name) or ""
  engine.sys.setenv(name, value)
end

before_each(function()
  before = {}
  scratch = assert(engine.scratch())
  cache = scratch .. "/cache"
  paths.make(cache)
  set("MOONRIG_CACHE", cache)
  apt_sources.debian = function() return "http://mirror.test/debian" end
end)

after_each(function()
  for name, value in pairs(before) do engine.sys.setenv(name, value) end
  apt_sources.debian = of_machine
  engine.fs.rmtree(scratch)
end)

-- A tree of next to nothing.
local function tree(id, more)
  local folder = cache .. "/debian-trixie-dpdk-" .. id
  paths.make(folder .. "/root")
  paths.write(folder .. "/root/a", "12345")
  local fields = { suite = "trixie", what = "dpdk", version = "24.11.8", packages = { dpdk = "24.11.8-0" },
    recipe = debian.recipe(), bytes = 5 }
  for key, value in pairs(more or {}) do fields[key] = value end
  manifest.write(folder, id, { "root/a" }, fields)
  return folder
end

-- An apt-get that runs this script.
local function fake_apt(text)
  paths.make(scratch .. "/fakes")
  paths.write(scratch .. "/fakes/apt-get", "#!/bin/sh\n" .. text)
  assert.equal(0, engine.here():run({ "chmod", "755", scratch .. "/fakes/apt-get" }).code)
  set("PATH", scratch .. "/fakes:" .. os.getenv "PATH")
end

local function quiet(_, _, fn) fn(function() end, function() end) end

-- The error of a fetch that fails; nothing of it is left.
local function failing(suite, what)
  local ok, err = pcall(debian.fetch, suite, what, quiet)
  assert.is_false(ok)
  for _, name in ipairs(engine.fs.list(cache)) do assert.is_nil(name:find "^fetch%-" or name:find "^debian", name) end
  return err
end

describe("a tree of another suite", function()
  it("is not there before it was fetched", function()
    assert.is_nil(debian.find("trixie", "dpdk"))
    assert.same({}, debian.list())
  end)

  it("is found with its versions", function()
    local folder = tree "0123456789abcdef"
    local found = debian.find("trixie", "dpdk")
    assert.same({ "trixie", "dpdk", folder .. "/root", folder .. "/bin", "0123456789abcdef", "24.11.8", "24.11.8-0" },
      { found.suite, found.what, found.root, found.bin, found.id, found.version, found.packages.dpdk })
    assert.is_nil(debian.find("trixie", "qemu"))
    assert.is_nil(debian.find("sid", "dpdk"))
    assert.equal(5, debian.list()[1].bytes)
  end)

  it("is the newest; the others are replaced", function()
    tree("0000000000000001", { built = "2026-01-01T00:00:00Z" })
    tree("0000000000000002", { built = "2026-01-03T00:00:00Z" })
    tree("0000000000000003", { built = "2026-01-02T00:00:00Z" })
    tree("0000000000000004", { built = "2026-01-04T00:00:00Z", recipe = "of before" })
    assert.equal("0000000000000002", debian.find("trixie", "dpdk").id)
    local current = {}
    for i, one in ipairs(debian.list()) do current[i] = one.is_current end
    assert.same({ false, true, false, false }, current)
  end)

  it("is found by another process that was given it, without its files", function()
    finally(function() debian.give(nil) end)
    local folder = tree "0123456789abcdef"
    debian.find("trixie", "dpdk")
    local given = engine.json.decode(engine.json.encode(debian.found()))["trixie-dpdk"]
    engine.fs.rmtree(folder)
    assert.is_nil(debian.find("trixie", "dpdk"))
    debian.give { ["trixie-dpdk"] = given }
    local found = debian.find("trixie", "dpdk")
    assert.same({ folder, folder .. "/root", folder .. "/bin", "24.11.8" },
      { found.folder, found.root, found.bin, found.version })
    assert.is_nil(found.manifest)
    assert.is_nil(debian.find("sid", "dpdk"))
  end)

  it("with a changed file is not there", function()
    paths.write(tree "0123456789abcdef" .. "/root/a", "other")
    assert.equal(0, engine.here():run({ "touch", "-d", "2001-01-01",
      cache .. "/debian-trixie-dpdk-0123456789abcdef/root/a" }).code)
    assert.is_nil(debian.find("trixie", "dpdk"))
  end)

  it("of an unknown suite or kind is refused by name", function()
    local ok, err = pcall(debian.find, "trixi", "dpdk")
    assert.is_false(ok)
    assert.matches('unknown suite "trixi" %(did you mean trixie%?%): one of bookworm, trixie, sid', tostring(err))
    ok, err = pcall(debian.fetch, "sid", "linux", quiet)
    assert.is_false(ok)
    assert.matches('unknown "linux": dpdk or qemu', tostring(err))
  end)
end)

describe("a fetch", function()
  it("that apt refuses gives apt's reason, and what to do", function()
    fake_apt "echo Get:1; echo 'E: Unable to fetch some archives' >&2; echo 'E: Some failed' >&2; exit 100"
    local err = failing("trixie", "dpdk")
    assert.matches("debian:trixie's dpdk could not be fetched from http://mirror.test/debian: Unable to fetch some archives;",
      fail.what(err))
    assert.matches("run `moonrig setup %-%-fetch debian:trixie`", fail.what(err))
  end)

  it("that ends at the download leaves nothing", function()
    fake_apt [[case "$*" in
*update*) ;;
*install*) echo "Inst dpdk (24.11.8-0 Debian:13/stable [amd64])" ;;
*download*) echo "E: Failed to fetch dpdk" >&2; exit 100 ;;
esac]]
    assert.matches("Failed to fetch dpdk", fail.what(failing("trixie", "dpdk")))
  end)

  it("of backports asks for the suite that has it", function()
    fake_apt [[case "$*" in *install*) echo "Inst dpdk (22.11.11-0 Debian:12/oldstable [amd64])" ;; esac]]
    local err = failing("bookworm-backports", "dpdk")
    assert.equal("ENOENT", fail.code(err))
    assert.matches("bookworm%-backports has no dpdk of its own: name debian:bookworm", fail.what(err))
  end)

  it("on a machine without Debian's archive names the place to add it", function()
    apt_sources.debian = function() return nil end
    assert.matches("no source of Debian's main archive is in /etc/apt/sources.list", fail.what(failing("sid", "qemu")))
  end)

  it("downloads libraries and what was asked for, and nothing of what programs need that are left out", function()
    local asked = scratch .. "/asked"
    fake_apt(([[case "$*" in
*install*) printf 'Inst %%s (1.0 Debian:13/stable [amd64])\n' dpdk python3 libc6 libpython3.13 librte-eal25 udev ;;
*download*) echo "$*" >%q; exit 100 ;;
esac]]):format(asked))
    failing("trixie", "dpdk")
    assert.matches("download dpdk=1.0 libc6=1.0 librte%-eal25=1.0\n$", paths.read(asked))
  end)

  it("waits for the end of another one", function()
    fake_apt "exit 100"
    local lock, told = assert(engine.fs.lock(cache .. "/fetch.lock")), nil
    local ok = pcall(debian.fetch, "trixie", "dpdk", function(_, _, fn)
      fn(function() end, function(line)
        told = told or line
        if lock then engine.fs.unlock(lock) end
        lock = nil
      end)
    end)
    assert.is_false(ok)
    assert.matches("another moonrig is fetching packages", told)
  end)
end)

-- A tree whose loader prints what it gets.
local function started(folder, program, args)
  for _, name in ipairs { "bin", "loader" } do paths.make(folder .. "/" .. name) end
  paths.make(folder .. "/root/usr/lib/x86_64-linux-gnu")
  local start = folder .. "/bin/" .. program
  paths.write(start, paths.read(engine.home() .. "/vm/suite_start"))
  paths.write(folder .. "/loader/" .. program, "#!/bin/sh\nprintf '%s\\n' \"$QEMU_MODULE_DIR\" \"$@\"\n")
  assert.equal(0, engine.here():run({ "chmod", "755", start, folder .. "/loader/" .. program }).code)
  local link = scratch .. "/link"
  os.remove(link)
  assert(engine.fs.symlink(start, link))
  local r = engine.here():run { start, unpack(args) }
  local by_link = engine.here():run { link, unpack(args) }
  assert.equal((r.out:gsub("%-%-argv0\n[^\n]*", "")), (by_link.out:gsub("%-%-argv0\n[^\n]*", "")))
  return r.out
end

describe("the start script of a program", function()
  for _, name in ipairs { "plain", "with  blanks", "it's \"quoted\" \\ *", "\xff\xe4" } do
    it("starts it by the tree's own loader, in a folder " .. name:gsub("[\128-\255]", "?"), function()
      local tree_at = scratch .. "/" .. name
      local lib = tree_at .. "/root/usr/lib/x86_64-linux-gnu"
      assert.equal(table.concat({ "", "--argv0", tree_at .. "/bin/dpdk-testpmd", "--library-path", lib,
        tree_at .. "/root/usr/bin/dpdk-testpmd", "-d", "librte_mempool_dpaa.so", "-d", "moonrig-pmds.so", "-l", "0 1", "" },
        "\n"), started(tree_at, "dpdk-testpmd", { "-l", "0 1" }))
    end)
  end

  it("names the libraries' folder another way where the loader would split its name", function()
    assert.matches("%-%-library%-path\n/proc/self/fd/9\n", started(scratch .. "/a:b", "dpdk-pdump", {}))
    assert.matches("%-%-library%-path\n/proc/self/fd/9\n", started(scratch .. "/a;b", "dpdk-pdump", {}))
    assert.matches("%-%-library%-path\n/proc/self/fd/9\n", started(scratch .. "/$LIB", "dpdk-pdump", {}))
  end)

  it("gives options of the EAL only to programs that take them", function()
    local out = started(scratch .. "/x", "dpdk-dumpcap", { "-D" })
    assert.matches("%-%-preload\nmoonrig%-pmds%.so\n[^\n]*/dpdk%-dumpcap\n%-D\n$", out)
  end)

  it("gives QEMU its firmware and modules", function()
    local root = scratch .. "/x/root/usr/"
    local out = started(scratch .. "/x", "qemu-system-x86_64", { "-version" })
    assert.equal(root .. "lib/x86_64-linux-gnu/qemu", out:match "^[^\n]*")
    assert.equal(root .. "bin/qemu-system-x86_64\n-L\n" .. root .. "share/qemu\n-L\n" .. root .. "share/seabios\n-L\n" .. root
      .. "lib/ipxe/qemu\n-version\n", out:sub(-#out + #out:match "^.*%-%-library%-path\n[^\n]*\n"))
  end)
end)
