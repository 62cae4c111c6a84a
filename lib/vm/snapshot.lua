--- snapshot: a guest's snapshots. The first boot of a topology saves one, and each later start restores it.
---
--- A snapshot is a folder of the cache, snapshots/ID: `memory` (the guest's, its holes are zeros), `device` (QEMU's
--- migration stream, without the memory) and manifest.json, written last: { key, about, offers, made, memory = { size,
--- sum }, device = { size, sum } }. The key has all that must be the same, and is compared whole.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local snapshot = {}

-- For all snapshots together, in bytes, without $MOONRIG_SNAPSHOTS_LIMIT (MiB). One takes 100 to 200 MiB.
local LIMIT = 2 ^ 31

local function folder_of_all() return paths.env "MOONRIG_SNAPSHOTS" or paths.cache() .. "/snapshots" end

--- The most bytes for all snapshots together. Raises for a $MOONRIG_SNAPSHOTS_LIMIT that is no number.
function snapshot.limit()
  local given = paths.env "MOONRIG_SNAPSHOTS_LIMIT"
  if not given then return LIMIT end
  local limit = tonumber(given)
  if not limit or limit ~= limit or limit < 0 then
    fail.raise("EINVAL", "snapshot", ("MOONRIG_SNAPSHOTS_LIMIT is a number of MiB, not %q"):format(given))
  end
  return limit * 2 ^ 20
end

local function file_stamp(path)
  local st = path and engine.fs.stat(path)
  return st and ("%s %.0f %.0f %.6f"):format(engine.fs.realpath(path), st.inode, st.size, st.mtime) or "absent"
end

--- All that a snapshot depends on, as text: QEMU's command line (an array, without the names of one run's files), the
--- image's id, the file of QEMU, and under KVM the host's processor and kernel.
function snapshot.key(argv, image_id, qemu, accelerator)
  local parts = { "2", image_id, file_stamp(qemu:find "/" and qemu or paths.program(qemu)), accelerator }
  if accelerator == "kvm" then
    parts[#parts + 1] = (paths.read "/proc/cpuinfo" or ""):match "model name%s*:%s*([^\n]*)"
    parts[#parts + 1] = engine.sys.uname().release
  end
  for _, word in ipairs(argv) do parts[#parts + 1] = word end
  return table.concat(parts, "\n")
end

local function read_manifest(folder)
  local saved = engine.json.decode(paths.read(folder .. "/manifest.json") or "")
  local is_whole = type(saved) == "table" and type(saved.key) == "string" and type(saved.memory) == "table"
    and type(saved.device) == "table"
  return is_whole and saved or nil
end

-- The first damage of a snapshot, as text; nil and its device without damage. Its memory is checked when it is loaded.
local function fault_of(folder, saved)
  for _, name in ipairs { "memory", "device" } do
    local st = engine.fs.stat(folder .. "/" .. name)
    if not st then return name .. " is missing" end
    if st.size ~= saved[name].size then return ("%s has %.0f bytes of %.0f"):format(name, st.size, saved[name].size) end
  end
  local device = paths.read(folder .. "/device")
  if not device or engine.checksum(device) ~= saved.device.sum then return "device is not what was saved" end
  return nil, device
end

-- File times are too coarse to order what was used at about the same time.
local function mark_used(folder) pcall(paths.write, folder .. "/used", ("%.6f"):format(engine.time())) end

-- A run that restores it just now fails by itself.
local function remove(folder)
  os.remove(folder .. "/manifest.json")
  return engine.fs.rmtree(folder)
end

--- The snapshot for a key: { folder, device, about, offers, lock, sum }, which nobody removes before its release. Nil
--- without one, and the damage as text if there was a damaged one: it is removed. `device` is a copy, in file `copy`,
--- so that a snapshot that does not fit can be removed.
function snapshot.find(key, copy)
  local folder = ("%s/%s"):format(folder_of_all(), engine.checksum(key))
  local lock = engine.fs.lock(folder .. "/manifest.json", "shared")
  if not lock then return nil end
  local saved = read_manifest(folder)
  local fault, device
  if not saved then fault = "its manifest cannot be read" end
  if saved and saved.key == key then fault, device = fault_of(folder, saved) end
  if device and pcall(paths.write, copy, device) then
    mark_used(folder)
    return { folder = folder, device = copy, about = saved.about, offers = saved.offers, lock = lock,
      sum = saved.memory.sum }
  end
  engine.fs.unlock(lock)
  if fault then remove(folder) end
  return nil, fault
end

--- From here on others may remove it.
function snapshot.release(found)
  if found.lock then engine.fs.unlock(found.lock) end
  found.lock = nil
end

--- Removes a snapshot that does not fit; the next boot saves another.
function snapshot.drop(found)
  snapshot.release(found)
  remove(found.folder)
end

-- A copy between a memory and a file, in steps: other tasks run between them.
local function copy(step, path)
  local at = 0
  while at ~= true do
    at = fail.check(step(path, at))
    fail.check(engine.elapse(0))
  end
end

--- Fills a memory (engine.memory) from a snapshot. Raises if it is not what was saved.
function snapshot.load(found, memory)
  copy(function(path, at) return memory:load(path, at) end, found.folder .. "/memory")
  if memory:sum() ~= found.sum then
    fail.raise("EBADMSG", "snapshot", found.folder .. "/memory is not what was saved")
  end
end

--- A folder for a snapshot that is being made; the guard removes it when we have exited.
function snapshot.begin()
  snapshot.limit()
  local folder = ("%s/part-%d-%d"):format(folder_of_all(), engine.sys.pid(), engine.now() * 1e6)
  local guard = engine.fs.guard_tree(folder)
  local ok, err = pcall(paths.make, folder, 448)
  if not ok then
    engine.fs.guard_drop(guard)
    error(err, 0)
  end
  return { folder = folder, device = folder .. "/device", guard = guard }
end

--- Removes a snapshot that is being made.
function snapshot.abandon(part)
  engine.fs.rmtree(part.folder)
  engine.fs.guard_drop(part.guard)
end

--- All snapshots, the one used last first: array of { folder, image (its id), about, made, used (seconds since 1970),
--- taken (bytes) }. One whose removal was interrupted has neither image, about nor made.
function snapshot.list()
  local out = {}
  for _, name in ipairs(engine.fs.list(folder_of_all()) or {}) do
    local folder = folder_of_all() .. "/" .. name
    if name:find "^%x+$" then
      local saved = read_manifest(folder) or { key = "" }
      local one = { folder = folder, image = saved.key:match "^%d+\n(%x+)\n", about = saved.about, made = saved.made,
        taken = 0, used = tonumber((paths.read(folder .. "/used"))) or 0 }
      for _, file in ipairs { "memory", "device" } do
        one.taken = one.taken + ((engine.fs.stat(folder .. "/" .. file) or {}).taken or 0)
      end
      out[#out + 1] = one
    end
  end
  table.sort(out, function(a, b) return a.used > b.used end)
  return out
end

--- Removes a snapshot of snapshot.list, unless a run restores it just now. True if it is removed; false and the reason.
function snapshot.remove(one)
  local lock, err = engine.fs.lock(one.folder .. "/manifest.json")
  if not lock then
    if err.code == "ENOENT" then return true end -- another process removed it
    return false, err.code == "EAGAIN" and "a run restores it" or err.what
  end
  local ok, why = remove(one.folder)
  engine.fs.unlock(lock)
  return ok == true, why and why.what
end

--- Removes the snapshots that were not used for the longest time, until the others fit. Returns the number.
function snapshot.trim(most)
  local taken, removed = 0, 0
  for i, one in ipairs(snapshot.list()) do
    taken = taken + one.taken
    -- the newest stays, whatever the limit
    if taken > (most or snapshot.limit()) and i > 1 and snapshot.remove(one) then removed = removed + 1 end
  end
  return removed
end

--- Makes a snapshot of `part` (snapshot.begin's), which has `device` already: saves the memory and renames the folder.
--- `about`: { topology, offers = what its NICs offer (lib/vm/migration.lua) }, as texts.
function snapshot.finish(part, key, memory, about)
  copy(function(path, at) return memory:save(path, at) end, part.folder .. "/memory")
  local device = fail.check(paths.read(part.device))
  if device == "" then fail.raise("EIO", "snapshot", "QEMU saved nothing") end
  paths.write(part.folder .. "/manifest.json", engine.json.encode { key = key, about = about.topology,
    offers = about.offers, made = os.date "!%Y-%m-%dT%H:%M:%SZ",
    device = { size = #device, sum = engine.checksum(device) },
    memory = { size = fail.check(engine.fs.stat(part.folder .. "/memory")).size, sum = memory:sum() } })
  mark_used(part.folder)
  local folder = ("%s/%s"):format(folder_of_all(), engine.checksum(key))
  -- another process may have saved the same key, and a run may use it
  if engine.fs.stat(folder) and not read_manifest(folder) then engine.fs.rmtree(folder) end
  local ok = engine.fs.rename(part.folder, folder)
  snapshot.abandon(part)
  if ok then snapshot.trim() end
end

return snapshot
