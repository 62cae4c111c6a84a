-- clean: removes what nothing uses, keeps what a run or a build uses just now, and says which. With the real
-- program, in a cache of its own.

local engine = require "engine"

local debian = require "host.debian"
local image = require "host.image"
local manifest = require "host.manifest"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local cache = rig.work .. "/cache"
local ENV = { "MOONRIG_CACHE=" .. cache, "MOONRIG_SNAPSHOTS=" }
local PRESENT, OLD = cache .. "/image-" .. image.id(), cache .. "/image-0123456789abcdef"

local function folder(path, file)
  engine.fs.rmtree(path)
  assert(engine.fs.mkdir(path))
  rig:write(path:sub(#rig.work + 2) .. "/" .. (file or "manifest.json"), '{"files":{}}')
  return path
end

local function is_there(path) return engine.fs.stat(path) ~= nil end

before_each(function()
  engine.fs.rmtree(cache)
  assert(engine.fs.mkdir(cache))
  folder(PRESENT)
  folder(OLD)
end)

describe("moonrig clean", function()
  it("removes old images and half-built ones, and keeps the present one", function()
    local half = folder(cache .. "/build-1", "x")
    local code, out = rig:call({ "clean" }, ENV)
    assert.equal(0, code, out)
    assert.matches("removed " .. OLD:gsub("%-", "%%-"), out)
    assert.same({ true, false, false }, { is_there(PRESENT), is_there(OLD), is_there(half) })
    code, out = rig:call({ "clean" }, ENV)
    assert.equal(0, code)
    assert.matches("nothing to remove", out)
    code, out = rig:call({ "clean", "--all" }, ENV)
    assert.equal(0, code, out)
    assert.is_false(is_there(PRESENT))
  end)

  it("keeps an image that another checkout's run uses, with its guests' states, and says so", function()
    assert(engine.fs.mkdir(cache .. "/snapshots"))
    local state = folder(cache .. "/snapshots/0123456789abcdef")
    rig:write("cache/snapshots/0123456789abcdef/manifest.json",
      '{"key":"1\\n0123456789abcdef\\n","memory":{"size":0},"device":{"size":0}}')
    local used = assert(engine.fs.lock(OLD .. "/manifest.json", "shared"))
    local also = assert(engine.fs.lock(OLD .. "/manifest.json", "shared"))
    local code, out = rig:call({ "clean", "--all" }, ENV)
    assert.equal(0, code, out)
    assert.matches("not removed: " .. OLD:gsub("%-", "%%-") .. ": a run uses it", out)
    assert.same({ false, true, true }, { is_there(PRESENT), is_there(OLD), is_there(state) })
    engine.fs.unlock(used)
    engine.fs.unlock(also)
    rig:call({ "clean" }, ENV)
    assert.same({ false, false }, { is_there(OLD), is_there(state) })
  end)

  it("keeps the image of a case that goes on", function()
    local file = rig:write("x.lua", moonrig.case('t:phase "uses it" t:elapse(60)', 'needs = { "vm" },'))
    local run = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", rig.work .. "/out" },
      { name = "run", pipes = true, env = { "TMPDIR=" .. rig.tmp, ENV[1] }, grace = 30 }))
    assert(run:expect("uses it", 20))
    local code, out = rig:call({ "clean", "--all" }, ENV)
    assert.equal(0, code, out)
    assert.matches("a run uses it", out)
    assert.same({ true, false }, { is_there(PRESENT), is_there(OLD) })
    run:signal "INT"
    assert.equal(2, run:await_exit(20).code)
    rig:call({ "clean", "--all" }, ENV)
    assert.is_false(is_there(PRESENT))
  end)

  local function knows(kind, whose)
    local old, used = folder(cache .. "/" .. kind .. "-0123456789abcdef"), folder(cache .. "/" .. kind .. "-fedcba9876543210")
    local present = folder(cache .. "/" .. kind .. "-0011223344556677")
    local lock = assert(engine.fs.lock(used .. "/manifest.json", "shared"))
    local code, out = rig:call({ "clean" }, ENV)
    assert.equal(0, code, out)
    assert.matches(("not removed: .*%s%%-fedcba9876543210: %s uses it"):format(kind, whose), out)
    assert.same({ true, false, true }, { is_there(present), is_there(old), is_there(used) })
    engine.fs.unlock(lock)
    rig:call({ "clean", "--all" }, ENV)
    assert.same({ false, false }, { is_there(present), is_there(used) })
  end

  it("knows the bench's stock image: old ones go, the present one with --all, one in use stays", function()
    knows("stock", "a bench")
  end)

  it("knows the machine of `make kvm` likewise", function() knows("machine", "`make kvm`") end)

  it("removes trees of other suites that were replaced; with --all all; one in use stays", function()
    local present, used = cache .. "/debian-trixie-dpdk-0000000000000001", cache .. "/debian-sid-qemu-0000000000000002"
    local old = folder(cache .. "/debian-bookworm-backports-qemu-0000000000000003")
    for path, text in pairs { [present] = "trixie-dpdk", [used] = "sid-qemu" } do
      folder(path)
      manifest.write(path, path:match "%x+$", {}, { suite = text:match "^%l+", what = text:match "%l+$",
        version = "1", packages = {}, recipe = text == "sid-qemu" and "of before" or debian.recipe() })
    end
    local lock = assert(engine.fs.lock(used .. "/manifest.json", "shared"))
    local code, out = rig:call({ "clean" }, ENV)
    assert.equal(0, code, out)
    assert.matches("not removed: .*debian%-sid%-qemu%-0000000000000002: a run uses it", out)
    assert.same({ true, true, false }, { is_there(present), is_there(used), is_there(old) })
    engine.fs.unlock(lock)
    code, out = rig:call({ "doctor" }, ENV)
    assert.is_true(code == 0 or code == 3, out)
    assert.matches("\n +dpdk +debian:trixie, 1, 0 MB\n", out)
    assert.matches("\n +qemu +debian:sid, 1, 0 MB; replaced: `moonrig clean` removes it\n", out)
    rig:call({ "clean", "--all" }, ENV)
    assert.same({ false, false }, { is_there(present), is_there(used) })
  end)

  it("keeps what is being built, whoever's pid it bears", function()
    local half = folder(cache .. "/build-999999999", "x")
    local lock = assert(engine.fs.lock(cache .. "/build.lock"))
    local code, out = rig:call({ "clean" }, ENV)
    assert.equal(0, code, out)
    assert.matches("not removed: .*build%-999999999: a build is running", out)
    assert.is_true(is_there(half))
    engine.fs.unlock(lock)
    rig:call({ "clean" }, ENV)
    assert.is_false(is_there(half))
  end)
end)

describe("a lock", function()
  it("is not had on a file that is gone or going", function()
    local path = OLD .. "/manifest.json"
    local lock = assert(engine.fs.lock(path))
    local none, err = engine.fs.lock(path, "shared")
    assert.same({ nil, "EAGAIN" }, { none, err.code })
    engine.fs.unlock(lock)
    os.remove(path)
    none, err = engine.fs.lock(path, "shared")
    assert.same({ nil, "ENOENT" }, { none, err.code })
    assert.is_false(is_there(path))
  end)
end)

teardown(function() rig:remove() end)
