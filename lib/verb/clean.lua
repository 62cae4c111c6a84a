--- clean: `moonrig clean`: removes unused images (the bench's stock image and the machine of `make kvm`, too), replaced
--- trees of other suites of Debian, the files of interrupted builds, and the builds of bisections.

local bisect_store = require "run.bisect_store"
local debian = require "host.debian"
local dpdk_disk = require "host.dpdk_disk"
local engine = require "engine"
local image = require "host.image"
local paths = require "base.paths"
local snapshot = require "vm.snapshot"

-- The lock of a run that uses the image or of a running build, and the reason to print; nil if there is no lock.
local function lock_of(path, name)
  if name:find "^image%-" then return path .. "/manifest.json", "a run uses it" end
  if name:find "^stock%-" then return path .. "/manifest.json", "a bench uses it" end
  if name:find "^machine%-" then return path .. "/manifest.json", "`make kvm` uses it" end
  if name:find "^dpdk%-%x" then return path .. "/manifest.json", "a run uses it" end
  if name:find "^debian%-" then return path .. "/manifest.json", "a run uses it" end
  if name:find "^build%-" then return paths.cache() .. "/build.lock", "a build is running" end
  if name:find "^kvm%-" then return paths.cache() .. "/kvm.lock", "`make kvm` builds its machine" end
  if name:find "^fetch%-" then return paths.cache() .. "/fetch.lock", "a fetch is running" end
  if name:find "^bisect%-" then return path .. "/lock", "a bisection is running" end
end

-- The id of the newest image of a kind whose recipe is in test/, so that it cannot be computed here; or nil.
local function newest_id(cache, kind)
  local newest, id = 0, nil
  for _, name in ipairs(engine.fs.list(cache) or {}) do
    local st = name:find("^" .. kind .. "%-%x+$") and engine.fs.stat(("%s/%s/manifest.json"):format(cache, name))
    if st and st.mtime > newest then newest, id = st.mtime, name:match "%x+$" end
  end
  return id
end

-- The trees of other suites that nothing has replaced: { [name] = true }.
local function current_trees()
  local out = {}
  for _, tree in ipairs(debian.list()) do out[tree.folder:match "[^/]+$"] = tree.is_current or nil end
  return out
end

-- Old images, trees and builds are stale; with `all` the present ones too. `ids`: the present images, by kind, and
-- trees.
local function is_stale(name, ids, all)
  if name:find "^debian%-%l[%l-]*%-%x+$" then return all or not ids.trees[name] end
  local kind, id = name:match "^(%l+)%-(%x+)$"
  if kind == "image" or kind == "stock" or kind == "machine" then return all or id ~= ids[kind] end
  if kind == "dpdk" or kind == "examples" then return all or not ids.used[name] end
  -- an unfinished bisection is a person's: it may take hours to come so far again
  if kind == "bisect" then return all or bisect_store.is_finished(("%s/%s"):format(paths.cache(), name)) end
  if name:find "^build%-%d+$" or name:find "^fetch%-%d+$" or name:find "^kvm%-%d+$" or name:find "^stage%-%d" then
    return true
  end
  return all and (name == "kvm.json" or name == "dpdk")
end

-- Removes a folder unless it is in use, and prints the result. True if it was removed.
local function try(path, name)
  local file, why = lock_of(path, name)
  local lock, err
  if file then lock, err = engine.fs.lock(file) end
  if err then
    print(("not removed: %s: %s"):format(path, err.code == "EAGAIN" and why or err.what))
    return false
  end
  -- the manifest first: after an interrupted removal the image must not look whole
  os.remove(path .. "/manifest.json")
  if name:find "^bisect%-" then bisect_store.remove(path) else engine.fs.rmtree(path) end
  if lock then engine.fs.unlock(lock) end
  print("removed " .. path)
  return true
end

-- Removes the snapshots of removed images; returns how many. `present`: the other images.
local function clear_snapshots(present)
  local removed = 0
  for _, one in ipairs(snapshot.list()) do
    if not present[one.image] and snapshot.remove(one) then
      print("removed " .. one.folder)
      removed = removed + 1
    end
  end
  return removed
end

local function options(command)
  command:flag("--all", "Remove the present image, its snapshots, DPDK and QEMU of other suites, and unfinished "
    .. "bisections, too.")
end

local function main(o)
  local cache = paths.cache()
  local ids = { image = image.id(), stock = newest_id(cache, "stock"), machine = newest_id(cache, "machine"),
    trees = current_trees(), used = dpdk_disk.used() }
  local stale, present = {}, { [ids.image] = not o.all }
  for _, name in ipairs(engine.fs.list(cache) or {}) do
    if is_stale(name, ids, o.all) then stale[#stale + 1] = name end
  end
  for _, name in ipairs(stale) do
    if not try(cache .. "/" .. name, name) then present[name:match "^image%-(%x+)$" or name] = true end
  end
  local removed = clear_snapshots(present)
  if #stale + removed == 0 then print("nothing to remove in " .. cache) end
  return 0
end

return { order = 21, sweeps = true, main = main, options = options,
  words = "Remove unused images, their snapshots, the files of interrupted builds, and kept builds of bisections." }
