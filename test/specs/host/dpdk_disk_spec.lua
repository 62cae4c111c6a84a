-- dpdk_disk: the disk of a DPDK: by content, never a stale one; programs on it run with their own loader and libraries. In a
-- cache of its own, with small programs in the place of DPDK's.

local engine = require "engine"
local fail = require "base.fail"

local cache_folder = require "host.cache_folder"
local dpdk_build = require "host.dpdk_build"
local dpdk_disk = require "host.dpdk_disk"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"
local under_test = require "host.under_test"

local rig = moonrig.new()
local cache, folder, before = rig.work .. "/cache", rig.work .. "/build", nil

local function shell(line)
  local r = engine.here():run({ "sh", "-ec", line }, { timeout = 60 })
  assert.equal(0, r.code, r.err)
  return r.out
end

-- A meson build folder whose testpmd is /bin/NAME.
local function lay(name, of)
  local at = of and rig.work .. "/" .. of or folder
  for _, below in ipairs { "/meson-info", "/app" } do paths.make(at .. below) end
  paths.make(rig.work .. "/source/usertools")
  paths.write(at .. "/meson-info/meson-info.json", ('{"directories":{"source":"%s/source"}}'):format(rig.work))
  rig:write("source/usertools/dpdk-devbind.py", "#!/usr/bin/python3\n")
  assert.equal(0, engine.here():run({ "cp", "/bin/" .. name, at .. "/app/dpdk-testpmd" }).code)
end

local function disk() return dpdk_disk.of(dpdk_build.at(folder)) end

-- A file of a disk.
local function read(of, place) return shell(("unsquashfs -cat '%s' %s"):format(of.path, place)) end

local function is_program(of, name)
  return read(of, "real/dpdk-testpmd") == paths.read("/bin/" .. name)
end

before_each(function()
  before = os.getenv "MOONRIG_CACHE"
  engine.sys.setenv("MOONRIG_CACHE", cache)
  engine.fs.rmtree(cache)
  engine.fs.rmtree(folder)
  lay "true"
end)

after_each(function()
  cache_folder.release()
  under_test.choose()
  engine.sys.setenv("MOONRIG_CACHE", before or "")
end)

describe("DPDK's disk", function()
  it("has the programs byte for byte, the tools, and the id", function()
    local one = disk()
    assert.is_true(is_program(one, "true"))
    assert.matches("python3", read(one, "bin/dpdk-devbind.py"))
    assert.equal(one.id .. "\n", read(one, "id"))
    assert.equal(shell("sha256sum <" .. folder .. "/app/dpdk-testpmd"):match "%x+",
      one.files["real/dpdk-testpmd"].sha256)
  end)

  it("has a program's libraries and its loader: it runs with nothing else", function()
    local root = rig.work .. "/root"
    engine.fs.rmtree(root)
    shell(("unsquashfs -q -n -d '%s' '%s' >/dev/null"):format(root, disk().path))
    local start = read(disk(), "bin/dpdk-testpmd")
    assert.matches("^#!/bin/sh\n", start)
    local here = start:gsub("/opt/dpdk", root)
    local r = engine.here():run({ "sh", "-c", here })
    assert.equal(0, r.code, r.err)
    assert.is_not_nil(engine.fs.stat(root .. "/lib/libc.so.6"))
    assert.is_not_nil(engine.fs.stat(root .. "/start/dpdk-testpmd"))
  end)

  it("is the same for the same content, and is not made twice", function()
    local one = disk()
    local made = engine.fs.stat(one.path).inode
    assert.equal(one.id, disk().id)
    assert.equal(made, engine.fs.stat(disk().path).inode)
    shell("touch -d 2001-01-01 " .. folder .. "/app/dpdk-testpmd")
    assert.equal(one.id, disk().id)
  end)

  it("is another one after a rebuild of the same size and time", function()
    local one = disk()
    local path = folder .. "/app/dpdk-testpmd"
    local st = engine.fs.stat(path)
    shell(([[t=$(stat -c %%y %s); cp -p %s %s.old
      printf X | dd of=%s bs=1 seek=200 conv=notrunc status=none; touch -d "$t" %s]]):format(path, path, path, path, path))
    local now = engine.fs.stat(path)
    assert.equal(st.size, now.size)
    assert.equal(("%.6f"):format(st.mtime), ("%.6f"):format(now.mtime))
    local other = disk()
    assert.not_equal(one.id, other.id)
    assert.equal(paths.read(path), read(other, "real/dpdk-testpmd"))
  end)

  it("is another one at each of many rebuilds at once after the other", function()
    local ids = {}
    for i, name in ipairs { "true", "false", "true", "echo", "false" } do
      lay(name)
      local one = disk()
      assert.is_true(is_program(one, name), i .. " " .. name)
      ids[name] = ids[name] or one.id
      assert.equal(ids[name], one.id)
    end
  end)

  it("is another one with a program, an example or a tool more or less", function()
    local ids = {}
    local function other(what)
      local id = disk().id
      assert.is_nil(ids[id], what)
      ids[id] = true
    end
    other "as it was"
    shell(("cp /bin/false %s/app/dpdk-pdump"):format(folder))
    other "a program more"
    shell(("mkdir %s/examples && cp /bin/echo %s/examples/dpdk-skeleton"):format(folder, folder))
    other "an example more"
    assert.is_not_nil(disk().files["real/skeleton"])
    shell(("rm %s/app/dpdk-pdump"):format(folder))
    other "a program less"
    rig:write("source/usertools/dpdk-telemetry.py", "#!/usr/bin/python3\n")
    other "a tool more"
  end)

  it("replaces the one of before, unless a run uses that", function()
    local one = disk()
    lay "false"
    local other = disk()
    assert.is_not_nil(dpdk_disk.read(one.id))
    cache_folder.release()
    lay "echo"
    local third = disk()
    assert.is_nil(dpdk_disk.read(one.id))
    assert.is_nil(dpdk_disk.read(other.id))
    assert.is_not_nil(dpdk_disk.read(third.id))
  end)

  it("of which a file was removed or cut is made again", function()
    local one = disk()
    cache_folder.release()
    shell(("truncate -s 4096 '%s'"):format(one.path))
    assert.equal(one.id, disk().id)
    assert.is_true(is_program(disk(), "true"))
  end)

  it("has few sizes, so that builds share the guests' snapshots", function()
    assert.equal(64 * 2 ^ 20, disk().size)
  end)

  it("is made of files in folders of any name", function()
    local plain = folder
    for _, name in ipairs { "not found", "a +0 /b", "a\nb", "it's $HOME" } do
      folder = rig.work .. "/" .. name
      lay "true"
      assert.is_true(is_program(disk(), "true"), name)
      lay "false"
      assert.is_true(is_program(disk(), "false"), name)
    end
    folder = plain
  end)

  it("is made by several processes side by side", function()
    local argv, tasks = { rig.exe, "_lua", rig:write("make.lua", [[
      local disk, build = require "host.dpdk_disk", require "host.dpdk_build"
      return { main = function(args)
        local folder, n = args[2] .. "/many" .. args[3], args[3]
        for i = 1, 8 do
          os.execute(("printf '%s %d' >'%s/tail'; cat /bin/true '%s/tail' >'%s/app/dpdk-testpmd'"):format(
            n, i, folder, folder, folder))
          local one = disk.of(build.at(folder))
          if not disk.read(one.id) then error("it is gone", 0) end
          require("host.cache_folder").release()
        end
        return 0
      end }
    ]]) }, {}
    for n = 1, 4 do
      lay("true", "many" .. n)
      tasks[n] = engine.task(function()
        return engine.here():run({ argv[1], argv[2], argv[3], rig.work, tostring(n) }, { timeout = 100 })
      end)
    end
    for n = 1, 4 do
      local outcome = assert(tasks[n]:join(110))
      assert.equal("0", tostring(outcome[2].code), outcome[2].err .. outcome[2].out)
      assert.equal("", outcome[2].err)
    end
  end)

  it("names a program that does not find its libraries", function()
    shell(([[cd %s; echo 'int f(void) { return 0; }' >f.c; echo 'int f(void); int main(void) { return f(); }' >m.c
      cc -shared -o libgone.so f.c; cc -o app/dpdk-testpmd m.c -L. -lgone; rm libgone.so]]):format(folder))
    local ok, err = pcall(disk)
    assert.is_false(ok)
    assert.matches("app/dpdk%-testpmd does not find its libraries", fail.what(err))
    assert.matches("libgone", fail.what(err))
  end)

  it("leaves nothing where it fails", function()
    engine.sys.setenv("MOONRIG_CACHE", "/proc/none")
    assert.is_false((pcall(disk)))
    engine.sys.setenv("MOONRIG_CACHE", cache)
    disk()
    for _, name in ipairs(engine.fs.list(cache)) do assert.is_nil(name:match "^stage") end
  end)
end)

teardown(function() rig:remove() end)
