--- clean: images that nothing uses any more (the bench's stock image, too), and what an interrupted build left.

local engine = require "engine"
local image = require "host.image"
local paths = require "base.paths"
local snapshot = require "vm.snapshot"

-- What stands in the way of a removal (a run that uses the image, a build that goes on): a lock, and the words
-- for it; nil where nothing is to be asked.
local function lock_of(path, name)
  if name:find "^image%-" then return path .. "/manifest.json", "a run uses it" end
  if name:find "^stock%-" then return path .. "/manifest.json", "a bench uses it" end
  if name:find "^build%-" then return paths.cache() .. "/build.lock", "a build goes on" end
end

-- The bench's stock image: its recipe is test/'s, so the newest is the present one. Nil without any.
local function stock_id(cache)
  local newest, id = 0, nil
  for _, name in ipairs(engine.fs.list(cache) or {}) do
    local st = name:find "^stock%-%x+$" and engine.fs.stat(("%s/%s/manifest.json"):format(cache, name))
    if st and st.mtime > newest then newest, id = st.mtime, name:match "%x+$" end
  end
  return id
end

-- What may go: old images and builds; with `all` the present images too. `ids`: of those, by kind.
local function is_stale(name, ids, all)
  local kind, id = name:match "^(%l+)%-(%x+)$"
  if kind == "image" or kind == "stock" then return all or id ~= ids[kind] end
  return name:find "^build%-%d+$" ~= nil or all and name == "kvm.json"
end

-- Its manifest first: a removal that is broken off must not leave what looks whole.
local function remove(path)
  os.remove(path .. "/manifest.json")
  engine.fs.rmtree(path)
end

-- Removes it, unless somebody uses it; says which. True where it is gone.
local function try(path, name)
  local file, why = lock_of(path, name)
  local lock, err
  if file then lock, err = engine.fs.lock(file) end
  if err then
    print(("kept %s: %s"):format(path, err.code == "EAGAIN" and why or err.what))
    return false
  end
  remove(path)
  if lock then engine.fs.unlock(lock) end
  print("removed " .. path)
  return true
end

-- Snapshots of guests whose images are removed: no run restores those.
local function clear_snapshots(kept)
  local removed = 0
  for _, one in ipairs(snapshot.list()) do
    if not kept[one.image] and snapshot.remove(one) then
      print("removed " .. one.folder)
      removed = removed + 1
    end
  end
  return removed
end

local function options(command)
  command:flag("--all", "Remove the present image and the snapshots of its guests, too.")
end

local function main(o)
  local cache, ids = paths.cache(), { image = image.id(), stock = stock_id(paths.cache()) }
  local stale, kept = {}, { [ids.image] = not o.all }
  for _, name in ipairs(engine.fs.list(cache) or {}) do
    if is_stale(name, ids, o.all) then stale[#stale + 1] = name end
  end
  table.sort(stale)
  for _, name in ipairs(stale) do
    local is_gone = try(cache .. "/" .. name, name)
    if not is_gone then kept[name:match "^image%-(%x+)$" or name] = true end
  end
  local removed = clear_snapshots(kept)
  if #stale + removed == 0 then print("nothing to remove in " .. cache) end
  return 0
end

return { order = 21, sweeps = true, main = main, options = options,
  words = "Remove images that nothing uses any more, the snapshots of their guests, and half-built ones." }
