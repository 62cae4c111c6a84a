-- snapshot: snapshots on disk: what is found again, what is refused and removed, what goes when there is no room. In a
-- cache of its own, with files in the place of a guest's memory.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"
local topology = require "vm.topology"
local snapshot = require "vm.snapshot"

local before, cache = {}, nil
local KEY = "1\n0123456789abcdef\nqemu\ntcg\n-m\n64M"

-- Saves a state of one page.
local function save(key, text, device)
  local memory = assert(engine.memory(2 ^ 20))
  local source = cache .. "/source"
  paths.write(source, text or "a guest's memory")
  assert(memory:load(source))
  local part = snapshot.begin()
  paths.write(part.device, device or "a stream")
  snapshot.finish(part, key, memory, { topology = "1 cpu", offers = "nic0" })
  memory:close()
end

local function folder()
  return snapshot.list()[1].folder
end

local function find(key)
  return snapshot.find(key, cache .. "/copy")
end

-- What a restored guest would have.
local function restored(key)
  local state, why = find(key)
  if not state then return nil, why end
  local memory = assert(engine.memory(2 ^ 20))
  local ok, err = pcall(snapshot.load, state, memory)
  snapshot.release(state)
  if not ok then return nil, err.what end
  assert(memory:save(cache .. "/out"))
  memory:close()
  return paths.read(cache .. "/out"):match "^[^%z]+"
end

local function with_manifest(change)
  local file = folder() .. "/manifest.json"
  local told = engine.json.decode(paths.read(file))
  change(told)
  paths.write(file, engine.json.encode(told))
end

before_each(function()
  -- a folder that the user has named is none to try removals in
  for _, name in ipairs { "CACHE", "SNAPSHOTS", "SNAPSHOTS_LIMIT" } do
    before[name] = os.getenv("MOONRIG_" .. name) or ""
    engine.sys.setenv("MOONRIG_" .. name, "")
  end
  cache = assert(engine.scratch())
  engine.sys.setenv("MOONRIG_CACHE", cache)
end)

after_each(function()
  for name, value in pairs(before) do engine.sys.setenv("MOONRIG_" .. name, value) end
  engine.fs.rmtree(cache)
end)

describe("a snapshot", function()
  it("is found by its key, whole, and nothing else is left", function()
    assert.is_nil((find(KEY)))
    save(KEY)
    assert.equal("a guest's memory", restored(KEY))
    assert.is_nil((find(KEY .. "0")))
    assert.equal(1, #engine.fs.list(cache .. "/snapshots"))
    assert.same({ "1 cpu", true }, { snapshot.list()[1].about, snapshot.list()[1].taken >= 4096 })
  end)

  it("that is there already stays: another run may restore it", function()
    save(KEY)
    save(KEY, "of another run")
    assert.equal("a guest's memory", restored(KEY))
    assert.equal(1, #engine.fs.list(cache .. "/snapshots"))
  end)

  it("is refused and removed where a file is missing, cut or another", function()
    local faults = {
      ["memory is missing"] = function() os.remove(folder() .. "/memory") end,
      ["device is missing"] = function() os.remove(folder() .. "/device") end,
      ["memory has 4 bytes of 1048576"] = function() paths.write(folder() .. "/memory", "cut!") end,
      ["device is not what was saved"] = function() paths.write(folder() .. "/device", "a stroam") end,
      ["its manifest cannot be read"] = function() paths.write(folder() .. "/manifest.json", "{") end,
    }
    for words, spoil in pairs(faults) do
      save(KEY)
      spoil()
      local state, why = find(KEY)
      assert.is_nil(state)
      assert.equal(words, why)
      assert.same({}, snapshot.list(), words)
      assert.is_nil((find(KEY)))
    end
  end)

  it("whose memory rotted is refused when it is loaded", function()
    save(KEY)
    local f = assert(io.open(folder() .. "/memory", "r+b"))
    f:write "A"
    f:close()
    local text, why = restored(KEY)
    assert.is_nil(text)
    assert.matches("memory is not what was saved", why)
  end)

  it("of another key under the same name is no error, and is not used", function()
    save(KEY)
    with_manifest(function(told) told.key = "another" end)
    local state, why = find(KEY)
    assert.same({ nil, nil }, { state, why })
    assert.equal(1, #snapshot.list())
  end)

  it("that another run replaces, for it did not fit, is still the one that was found", function()
    save(KEY)
    local state = find(KEY)
    snapshot.drop { folder = folder() }
    save(KEY, "of another run", "another stream")
    assert.equal("a stream", paths.read(state.device))
    local memory = assert(engine.memory(2 ^ 20))
    assert.is_false((pcall(snapshot.load, state, memory)))
    snapshot.release(state)
  end)

  it("that was not finished leaves nothing", function()
    local part = snapshot.begin()
    paths.write(part.device, "a stream")
    snapshot.abandon(part)
    assert.same({}, engine.fs.list(cache .. "/snapshots"))
  end)
end)

describe("the room for states", function()
  local function keys()
    local out = {}
    for _, one in ipairs(snapshot.list()) do
      out[#out + 1] = engine.json.decode(paths.read(one.folder .. "/manifest.json")).key
    end
    return table.concat(out, " ")
  end

  it("is made by the ones not used for longest; one in use stays, and the one used last", function()
    for _, key in ipairs { "1", "2", "3" } do save(key) end
    snapshot.release((find "1"))
    assert.equal("1 3 2", keys())
    local held = find "2"
    assert.equal("2 1 3", keys())
    snapshot.release((find "3"))
    assert.equal("3 2 1", keys())
    assert.equal(1, snapshot.trim(4096))
    assert.equal("3 2", keys())
    snapshot.release(held)
    assert.equal(1, snapshot.trim(0))
    assert.equal("3", keys())
  end)

  it("has a limit that the environment may set", function()
    local function with(value)
      engine.sys.setenv("MOONRIG_SNAPSHOTS_LIMIT", value)
      return snapshot.limit()
    end
    assert.same({ 2 ^ 31, 2 ^ 20, 0 }, { with "", with "1", with "0" })
    for _, bad in ipairs { "much", "-1", "nan" } do
      local ok, err = pcall(with, bad)
      assert.is_false(ok, bad)
      assert.matches('MOONRIG_SNAPSHOTS_LIMIT is a number of MiB, not "' .. bad:gsub("%-", "%%-"), tostring(err))
      -- and no state is made that nobody could bound
      assert.is_false((pcall(snapshot.begin)))
    end
    engine.sys.setenv("MOONRIG_SNAPSHOTS_LIMIT", "")
  end)
end)

describe("the key of a state", function()
  it("is another for another command line, image, QEMU or accelerator", function()
    local seen = {}
    for _, words in ipairs { { { "-m", "1" }, "a", "sh", "tcg" }, { { "-m", "2" }, "a", "sh", "tcg" },
      { { "-m", "1" }, "b", "sh", "tcg" }, { { "-m", "1" }, "a", "cat", "tcg" }, { { "-m", "1" }, "a", "sh", "kvm" } } do
      local key = snapshot.key(unpack(words))
      assert.is_nil(seen[key])
      seen[key] = true
      assert.equal(key, snapshot.key(unpack(words)))
    end
  end)

  local function key(given)
    return topology.key(topology.options(given, "/scratch"), "0123", "tcg")
  end

  it("is of the topology, wherever its sockets are", function()
    local function with(socket) return key { ports = { { socket = socket, mac = "52:54:00:00:00:02" } } } end
    assert.is_string(with "a")
    assert.equal(with "a", with "/b")
    assert.not_equal(key {}, key { extra = { "-netdev", "user,id=spare,hostfwd=tcp:127.0.0.1:0-:22",
      "-device", "virtio-net-pci,netdev=spare,romfile=" } })
  end)

  it("is none where a guest has files that are not the image's, or devices of the host", function()
    local file = engine.home() .. "/Makefile"
    for _, given in ipairs { { snapshot = false }, { image = { kernel = file, key = file } },
      { hugepage_path = "/dev/hugepages" }, { extra = { "-drive", "if=none,id=d,file=disk.img" } },
      { extra = { "-chardev", "socket,id=c,path=c" } }, { extra = { "-cdrom", "/images/a.iso" } },
      { extra = { "-device", "vfio-pci,host=01:00.0" } } } do
      assert.is_false(key(given))
    end
  end)
end)

describe("moonrig snapshot", function()
  local rig = moonrig.new()
  teardown(function() rig:remove() end)

  it("shows the states and clears them, but for one in use", function()
    local env = { "MOONRIG_CACHE=" .. cache }
    local code, out = rig:call({ "snapshot" }, env)
    assert.equal(0, code, out)
    assert.matches("0 snapshots", out)
    save(KEY)
    save "1\nother"
    code, out = rig:call({ "snapshot", "show" }, env)
    assert.equal(0, code, out)
    assert.matches("1 cpu", out)
    assert.matches("2 snapshots of guests, 0 MiB; the limit is 2048 MiB", out)
    local held = find(KEY)
    code, out = rig:call({ "snapshot", "clear" }, env)
    assert.equal(3, code, out)
    assert.matches("not removed: " .. held.folder:gsub("%p", "%%%0") .. ": a run restores it", out)
    snapshot.release(held)
    assert.equal(0, rig:call({ "snapshot", "clear" }, env))
    assert.same({}, snapshot.list())
  end)

  it("shows one whose removal was broken off, and clears it; says why one stays", function()
    save(KEY)
    local path = folder()
    os.remove(path .. "/manifest.json")
    assert.same({ path, true }, { snapshot.list()[1].folder, snapshot.list()[1].taken >= 4096 })
    local env = { "MOONRIG_CACHE=" .. cache }
    assert.matches("incomplete", select(2, rig:call({ "snapshot" }, env)))
    -- what no lock can be had of
    assert(engine.fs.mkdir(path .. "/manifest.json"))
    local code, out = rig:call({ "snapshot", "clear" }, env)
    assert.equal(3, code, out)
    assert.matches("not removed: .*: .*[Ii]s a directory", out)
    engine.fs.rmtree(path .. "/manifest.json")
    assert.equal(0, rig:call({ "snapshot", "clear" }, env))
    assert.same({}, snapshot.list())
  end)

  it("clean removes those of images that are gone", function()
    save(KEY)
    local code, out = rig:call({ "clean" }, { "MOONRIG_CACHE=" .. cache })
    assert.equal(0, code, out)
    assert.matches("removed .*/snapshots/", out)
    assert.same({}, snapshot.list())
  end)
end)
