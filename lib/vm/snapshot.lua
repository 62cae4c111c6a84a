--- snapshot: snapshots of guests: what the first boot of a topology leaves for every later start of it.
---
--- A state is a folder of the cache, snapshots/ID: `memory` (the guest's, its holes being zeros), `device` (QEMU's
--- migration stream, without the memory) and manifest.json, written last: { key, about, made, memory = { size, sum },
--- device = { size, sum } }. The key says all that must be the same, and is compared whole.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local snapshot = {}

-- All states together, in bytes; $MOONRIG_SNAPSHOTS_LIMIT (MiB) says another. One takes 100 to 200 MiB.
local LIMIT = 2 ^ 31

-- $MOONRIG_SNAPSHOTS names another one than the cache's.
local function folder_of_all()
  local given = os.getenv "MOONRIG_SNAPSHOTS"
  return given and given ~= "" and given or paths.cache() .. "/snapshots"
end

--- What all states together may take, in bytes. Raises for a $MOONRIG_SNAPSHOTS_LIMIT that is no number.
function snapshot.limit()
  local given = os.getenv "MOONRIG_SNAPSHOTS_LIMIT"
  if not given or given == "" then return LIMIT end
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

--- What a state depends on, as text: QEMU's command line (an array, without the names of one run's files), the image's
--- id, the file that QEMU is, and under KVM the host's processor and kernel.
function snapshot.key(argv, image_id, qemu, accelerator)
  local parts = { "1", image_id, file_stamp(qemu:find "/" and qemu or paths.program(qemu)), accelerator }
  if accelerator == "kvm" then
    parts[#parts + 1] = (paths.read "/proc/cpuinfo" or ""):match "model name%s*:%s*([^\n]*)"
    parts[#parts + 1] = engine.sys.uname().release
  end
  for _, word in ipairs(argv) do parts[#parts + 1] = word end
  return table.concat(parts, "\n")
end

local function read_manifest(folder)
  local told = engine.json.decode(paths.read(folder .. "/manifest.json") or "")
  local is_whole = type(told) == "table" and type(told.key) == "string" and type(told.memory) == "table"
    and type(told.device) == "table"
  return is_whole and told or nil
end

-- The first thing about a state that is not as it was saved, in words; nil and its device where there is none. Its
-- memory is looked at when it is loaded.
local function fault_of(folder, told)
  for _, name in ipairs { "memory", "device" } do
    local st = engine.fs.stat(folder .. "/" .. name)
    if not st then return name .. " is not there" end
    if st.size ~= told[name].size then return ("%s has %.0f bytes of %.0f"):format(name, st.size, told[name].size) end
  end
  local device = paths.read(folder .. "/device")
  if not device or engine.checksum(device) ~= told.device.sum then return "device is not what was saved" end
  return nil, device
end

-- File times are too coarse to order what was used at about the same time.
local function mark_used(folder)
  pcall(paths.write, folder .. "/used", ("%.6f"):format(engine.time()))
end

-- Who is in the way of an exclusive lock restores it just now, and fails by itself.
local function remove(folder)
  os.remove(folder .. "/manifest.json")
  return engine.fs.rmtree(folder)
end

--- The state for a key: { folder, device, about, lock, sum }, which stays while it is held (release); nil where
--- there is none, and words where there was one that is not whole any more: it is removed. `device` is a copy, in file
--- `copy`: where the state does not fit it can be removed all the same.
function snapshot.find(key, copy)
  local folder = ("%s/%s"):format(folder_of_all(), engine.checksum(key))
  local lock = engine.fs.lock(folder .. "/manifest.json", "shared")
  if not lock then return nil end
  local told = read_manifest(folder)
  local fault, device
  if not told then fault = "its manifest cannot be read" end
  if told and told.key == key then fault, device = fault_of(folder, told) end
  if device and pcall(paths.write, copy, device) then
    mark_used(folder)
    return { folder = folder, device = copy, about = told.about, lock = lock, sum = told.memory.sum }
  end
  engine.fs.unlock(lock)
  if fault then remove(folder) end
  return nil, fault
end

--- Others may remove it again.
function snapshot.release(state)
  if state.lock then engine.fs.unlock(state.lock) end
  state.lock = nil
end

--- A state that does not fit: it is removed, and the next boot saves another.
function snapshot.drop(state)
  snapshot.release(state)
  remove(state.folder)
end

-- A copy between a memory and a file, that lets others run in between.
local function copy(step, path)
  local at = 0
  while at ~= true do
    at = fail.check(step(path, at))
    fail.check(engine.elapse(0))
  end
end

--- Fills a memory (engine.memory) from a state. Raises where it is not what was saved.
function snapshot.load(state, memory)
  copy(function(path, at) return memory:load(path, at) end, state.folder .. "/memory")
  if memory:sum() ~= state.sum then
    fail.raise("EBADMSG", "snapshot", state.folder .. "/memory is not what was saved")
  end
end

--- A folder for a state that is being made; gone when we are.
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

--- Gives up a state that is being made.
function snapshot.abandon(part)
  engine.fs.rmtree(part.folder)
  engine.fs.guard_drop(part.guard)
end

--- All states, the one used last first: array of { folder, image (its id), about, made, used (seconds since 1970),
--- taken (bytes) }; one whose removal was broken off has neither image, about nor made.
function snapshot.list()
  local out = {}
  for _, name in ipairs(engine.fs.list(folder_of_all()) or {}) do
    local folder = folder_of_all() .. "/" .. name
    if name:find "^%x+$" then
      local told = read_manifest(folder) or { key = "" }
      local one = { folder = folder, image = told.key:match "^%d+\n(%x+)\n", about = told.about, made = told.made,
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

--- Removes a state that snapshot.list told, unless it is being restored just now. True when it is gone; false and why
--- not.
function snapshot.remove(one)
  local lock, err = engine.fs.lock(one.folder .. "/manifest.json")
  if not lock then
    if err.code == "ENOENT" then return true end -- another was faster
    return false, err.code == "EAGAIN" and "a run restores it" or err.what
  end
  local ok, why = remove(one.folder)
  engine.fs.unlock(lock)
  return ok == true, why and why.what
end

--- Removes the states that were not used for the longest time, until the others fit. Returns how many.
function snapshot.trim(most)
  local taken, removed = 0, 0
  for i, one in ipairs(snapshot.list()) do
    taken = taken + one.taken
    -- the one that was just made stays, whatever the limit
    if taken > (most or snapshot.limit()) and i > 1 and snapshot.remove(one) then removed = removed + 1 end
  end
  return removed
end

--- Makes a state of `part` (snapshot.begin's), in which `device` is there already: saves the memory and gives it its
--- name. `about`: the topology in words.
function snapshot.finish(part, key, memory, about)
  copy(function(path, at) return memory:save(path, at) end, part.folder .. "/memory")
  local device = fail.check(paths.read(part.device))
  if device == "" then fail.raise("EIO", "snapshot", "QEMU saved nothing") end
  paths.write(part.folder .. "/manifest.json", engine.json.encode { key = key, about = about,
    made = os.date "!%Y-%m-%dT%H:%M:%SZ", device = { size = #device, sum = engine.checksum(device) },
    memory = { size = fail.check(engine.fs.stat(part.folder .. "/memory")).size, sum = memory:sum() } })
  mark_used(part.folder)
  local folder = ("%s/%s"):format(folder_of_all(), engine.checksum(key))
  -- another of the same key may have come first, and be in use
  if engine.fs.stat(folder) and not read_manifest(folder) then engine.fs.rmtree(folder) end
  local ok = engine.fs.rename(part.folder, folder)
  snapshot.abandon(part)
  if ok then snapshot.trim() end
end

return snapshot
