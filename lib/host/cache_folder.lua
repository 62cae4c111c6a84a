--- cache_folder: a folder in the cache that is made once and used by many: the guest image, another suite's packages.
---
--- It is made apart, and one rename makes it whole. Its manifest is its lock: shared by who uses it, exclusive for who
--- replaces or removes it.

local engine = require "engine"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"

local cache_folder = {}

-- How often a lock of another process is tried again.
local TRY_SECONDS = 0.2

-- The locks of folders that this process uses.
local held = {}

--- Nobody removes the folder until cache_folder.release, or our exit. Nil, or the error if somebody removes it now.
function cache_folder.hold(folder)
  if held[folder] then return nil end
  local lock, err = engine.fs.lock(folder .. "/manifest.json", "shared")
  held[folder] = lock
  return err
end

--- Others may remove the folders of cache_folder.hold from here on.
function cache_folder.release()
  for _, lock in pairs(held) do engine.fs.unlock(lock) end
  held = {}
end

--- Locks the folder that a new one replaces: no run may use it. Nil without one.
function cache_folder.lock_old(folder)
  if not engine.fs.stat(folder .. "/manifest.json") then return nil end
  local lock, err = engine.fs.lock(folder .. "/manifest.json")
  if lock then return lock end
  fail.raise(err.code, "cache", ("%s must be built again, but a run uses it: wait for its end (%s)"):format(
    folder, err.what))
end

-- Nil and the error if the lock is not free in time. on_wait() is called once.
local function lock_in(file, seconds, on_wait)
  local deadline = engine.now() + seconds
  local lock, err = engine.fs.lock(file)
  if not lock and err.code == "EAGAIN" and seconds > 0 then on_wait() end
  while not lock and err.code == "EAGAIN" and engine.now() < deadline do
    fail.check(engine.elapse(TRY_SECONDS))
    lock, err = engine.fs.lock(file)
  end
  return lock, err
end

--- Calls fn() while this process alone has the lock NAME of the cache. `busy`: what another process does that has it.
--- Waits up to `seconds` (default 0) for it, and calls on_wait() before.
function cache_folder.alone(name, busy, fn, seconds, on_wait)
  local cache = paths.make(paths.cache(), 448)
  local lock, err = lock_in(("%s/%s"):format(cache, name), seconds or 0, on_wait)
  if not lock then
    fail.raise(err.code, "cache", ("another moonrig is %s (%s): wait for its end"):format(busy, err.what))
  end
  local ok, why = pcall(fn)
  engine.fs.unlock(lock)
  if not ok then error(why, 0) end
end

--- Calls fn(work) with a work folder in the cache, PREFIX-PID, which is removed afterwards. The guard removes it if we
--- are killed.
function cache_folder.apart(prefix, fn)
  local work = ("%s/%s-%d"):format(paths.cache(), prefix, engine.sys.pid())
  local guard = engine.fs.guard_tree(work)
  paths.make(work, 448)
  local ok, why = pcall(fn, work)
  engine.fs.rmtree(work)
  engine.fs.guard_drop(guard)
  if not ok then error(why, 0) end
end

--- Makes the finished folder of `out`, with a manifest of these files (names below it). `more`: further fields of the
--- manifest.
function cache_folder.finish(out, folder, id, names, more)
  manifest.write(out, id, names, more)
  engine.fs.rmtree(folder)
  fail.check(engine.fs.rename(out, folder))
end

return cache_folder
