-- setup --fetch: fetches other suites' trees with the real program; what is interrupted leaves nothing. One tree is fetched
-- from Debian's archive, and a case runs with its testpmd.

local engine = require "engine"

local image = require "host.image"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"

-- A folder of runs, its cache with an image of nothing, and an apt-get that never ends.
local function stuck()
  local rig = moonrig.new()
  local cache = rig.work .. "/cache"
  paths.make(cache .. "/image-" .. image.id())
  rig:write("cache/image-" .. image.id() .. "/manifest.json", '{"files":{}}')
  paths.make(rig.work .. "/fakes")
  assert.equal(0, engine.here():run({ "chmod", "755",
    rig:write("fakes/apt-get", "#!/bin/sh\necho it downloads\nwhile :; do sleep 0.1; done\n") }).code)
  return rig, cache, { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. cache,
    "PATH=" .. rig.work .. "/fakes:" .. os.getenv "PATH" }
end

-- Waits until nothing of a fetch is left in the cache.
local function await_none(cache)
  local deadline = engine.now() + 30
  local left
  repeat
    left = nil
    for _, name in ipairs(engine.fs.list(cache)) do left = left or name:match "^fetch%-%d+$" or name:match "^debian.*" end
    if not left then return end
    assert(engine.elapse(0.05))
  until engine.now() > deadline
  error("left in the cache: " .. left)
end

describe("moonrig setup --fetch", function()
  it("of an unknown suite fails before anything is built", function()
    local rig, cache, env = stuck()
    finally(function() rig:remove() end)
    local code, out = rig:call({ "setup", "--fetch", "debian:trixi" }, env)
    assert.equal(3, code, out)
    assert.matches('unknown suite "trixi" %(did you mean trixie%?%)', out)
    code, out = rig:call({ "setup", "--fetch", "trixie" }, env)
    assert.equal(3, code, out)
    assert.matches('%-%-fetch trixie: not "debian:SUITE", such as debian:trixie', out)
    await_none(cache)
  end)

  for _, signal in ipairs { "INT", "KILL" } do
    it("that SIG" .. signal .. " ends leaves nothing", function()
      local rig, cache, env = stuck()
      finally(function() rig:remove() end)
      local run = assert(engine.here():spawn({ rig.exe, "setup", "--fetch", "debian:trixie" },
        { name = "setup", pipes = true, env = env, grace = 30 }))
      -- the examples are built first, for the cache is new, which takes a minute on a busy machine
      assert(run:expect("fetch dpdk of debian:trixie", 180))
      local deadline = engine.now() + 30
      local function is_begun()
        for _, name in ipairs(engine.fs.list(cache)) do
          if engine.fs.stat(cache .. "/" .. name .. "/apt/apt.conf") then return true end
        end
      end
      while not is_begun() and engine.now() < deadline do assert(engine.elapse(0.05)) end
      assert.is_true(is_begun())
      run:signal(signal)
      local exit = run:await_exit(30)
      assert.same(signal == "INT" and { 2 } or { nil, "SIGKILL" }, { exit.code, exit.signal })
      await_none(cache)
    end)
  end
end)

describe("DPDK of Debian's trixie", function()
  it("is fetched by any user into the cache, and runs from there", function()
    local rig = moonrig.new():settle()
    finally(function() rig:remove() end)
    local cache = rig.work .. "/a cache"
    rig:write("fetch.lua", [[return { main = function()
      local engine, paths = require "engine", require "base.paths"
      assert(engine.guard(paths.journal()))
      local tree = require "host.debian".fetch("trixie", "dpdk", function(_, _, fn) fn(print, print) end)
      print("version " .. tree.version)
      return 0
    end }]])
    local env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. cache }
    local run = assert(engine.here():spawn({ rig.exe, "_lua", rig.work .. "/fetch.lua" },
      { name = "fetch", pipes = true, env = env, grace = 30 }))
    assert(run:expect("version 24.11", 600))
    assert.equal(0, run:await_exit(30).code)
    local bin
    for _, name in ipairs(engine.fs.list(cache)) do
      if name:find "^debian%-trixie%-dpdk%-%x+$" then bin = cache .. "/" .. name .. "/bin" end
    end
    env[3] = ("PATH=%s:%s"):format(bin, os.getenv "PATH")
    local code, out = rig:call({ "run", engine.home() .. "/scripts/smoke/loopback.lua", "-o", rig.work .. "/out" }, env)
    assert.equal(0, code, out)
    assert.matches("^DPDK 24%.11%.", moonrig.results(rig.work .. "/out").cases[1].programs[1].version)
  end)
end)
