--- dpdk_disk: a DPDK on a read-only disk, for guests: its programs, drivers, tools and examples, with the loader and
--- the libraries that they were linked with, so that the guest's own do not matter. Made of the files' contents, and
--- kept in the user's cache: CACHE/dpdk-ID has the disk, CACHE/dpdk/*.json the last disk of each place.

local cache_folder = require "host.cache_folder"
local dpdk_build = require "host.dpdk_build"
local dpdk_identity = require "host.dpdk_identity"
local dpdk_pack = require "host.dpdk_pack"
local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local stamp = require "host.stamp"

local dpdk_disk = {}

-- A second process waits so long for the first one's disk.
local WAIT_SECONDS = 120

local function folder_of(id) return ("%s/dpdk-%s"):format(paths.cache(), id) end

local function indices() return paths.cache() .. "/dpdk" end

local function index_of(build)
  return ("%s/%s.json"):format(indices(), engine.checksum(build.kind .. build.where))
end

--- A disk in the cache (dpdk_disk.of); nil without.
function dpdk_disk.read(id)
  local folder = folder_of(id)
  local built = paths.read_table(folder .. "/manifest.json")
  local st = built and engine.fs.stat(folder .. "/disk.squashfs")
  if not st or st.size ~= built.size then return nil end
  return { id = id, path = folder .. "/disk.squashfs", size = st.size, folder = folder, version = built.version,
    files = built.files }
end

-- The disk, which nobody removes before this process exits; nil for one that is being removed.
local function hold(disk)
  if disk and not cache_folder.hold(disk.folder) then return disk end
end

-- Removes a disk that no run uses. True if it is gone.
local function remove(folder)
  local lock, err = engine.fs.lock(folder .. "/manifest.json")
  if not lock and err.code == "EAGAIN" then return false end
  os.remove(folder .. "/manifest.json")
  engine.fs.rmtree(folder)
  if lock then engine.fs.unlock(lock) end
  return true
end

--- The names of the folders in the cache that the last disks of all places are or need: { ["dpdk-ID"] = true,
--- ["examples-ID"] = true }. A place that is gone has none.
function dpdk_disk.used()
  local used = {}
  for _, name in ipairs(engine.fs.list(indices()) or {}) do
    local index = paths.read_table(indices() .. "/" .. name) or {}
    if not index.place or engine.fs.stat(index.place) then
      if index.id then used["dpdk-" .. index.id] = true end
      for _, path in pairs(index.files or {}) do
        local folder = path:match "/(examples%-%x+)/[^/]+$"
        if folder then used[folder] = true end
      end
    end
  end
  return used
end

-- A rebuilt DPDK makes a new disk: the old one is of no use.
local function trim()
  local used = dpdk_disk.used()
  for _, name in ipairs(engine.fs.list(paths.cache()) or {}) do
    if name:find "^dpdk%-%x+$" and not used[name] then remove(paths.cache() .. "/" .. name) end
  end
end

-- Remembers what a place's disk was made of, by the stamps of its files. A fresh file has none yet.
local function remember(build, made)
  local known = {}
  for place, path in pairs(made.files) do
    local one = made.seen[path]
    if not one.is_fresh then known[path] = { stamp = one.stamp, sha256 = made.sums[place] } end
  end
  paths.make(indices(), 448)
  paths.write(index_of(build), engine.json.encode { layout = dpdk_pack.LAYOUT, place = build.folder or nil,
    id = made.id, known = known, files = made.files,
    drivers = made.folder, library_path = paths.env "LD_LIBRARY_PATH" })
end

-- A finished folder appears by one rename.
local function keep(build, work, made)
  local part, of_places = work .. "/part", {}
  paths.make(part, 448)
  local size = dpdk_pack.pack(work .. "/disk", made.id, part .. "/disk.squashfs")
  for place, path in pairs(made.files) do of_places[place] = { path = path, sha256 = made.sums[place] } end
  paths.write(part .. "/manifest.json", engine.json.encode { id = made.id, place = build.where, files = of_places,
    version = dpdk_identity.of(build).version, size = size, built = os.date "!%Y-%m-%dT%H:%M:%SZ" })
  engine.fs.rmtree(folder_of(made.id))
  fail.check(engine.fs.rename(part, folder_of(made.id)))
end

local function make(build, work, known)
  local made = dpdk_pack.copy(build, work .. "/disk", known)
  if not dpdk_disk.read(made.id) then keep(build, work, made) end
  remember(build, made)
  return hold(dpdk_disk.read(made.id))
end

-- The files that a build has now, of those that a disk was made of: nil if others came or went.
local function listed(build, index)
  local files = {}
  for _, program in ipairs(dpdk_build.programs(build)) do files["real/" .. program.name] = program.path end
  for name, path in pairs(build.tools) do files["bin/" .. name] = path end
  for name, path in pairs(dpdk_build.drivers_in(index.drivers)) do files["plugins/" .. name] = path end
  local has = {}
  for place, path in pairs(index.files) do
    if not place:find "^lib/" and files[place] ~= path then return nil end
    has[path] = true
  end
  for _, path in pairs(files) do
    if not has[path] then return nil end
  end
  return index.files
end

-- The disk of a build whose files are as they were, by their stamps; nil otherwise.
local function unchanged(build, index)
  if index.layout ~= dpdk_pack.LAYOUT or index.library_path ~= paths.env "LD_LIBRARY_PATH" then return nil end
  local files = listed(build, index)
  local ok, seen = pcall(stamp.of, files or {})
  if not files or not ok then return nil end
  for _, path in pairs(files) do
    local known = index.known[path]
    if not known or known.stamp ~= seen[path].stamp then return nil end
  end
  return hold(dpdk_disk.read(index.id))
end

-- One process at a time makes disks and removes old ones: a new disk is held before another process looks.
local function make_alone(build)
  local result
  cache_folder.alone("dpdk.lock", "putting DPDK on a disk", function()
    local index = paths.read_table(index_of(build)) or {}
    result = unchanged(build, index)
    if result then return end
    cache_folder.apart("stage", function(work) result = make(build, work, index.known or {}) end)
    trim()
  end, WAIT_SECONDS, function() end)
  return result
end

--- The disk of a build (host/dpdk_build.lua), made if its content has none: { id, path, size (bytes), folder, version,
--- files = { [place] = { path, sha256 } } }. Nobody removes it before this process exits.
function dpdk_disk.of(build)
  local found = unchanged(build, paths.read_table(index_of(build)) or {}) or make_alone(build)
  if not found then fail.raise("EIO", "dpdk", "DPDK's disk was removed as it was made: try again") end
  return found
end

return dpdk_disk
