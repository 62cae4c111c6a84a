--- clean: images that nothing uses any more, and what an interrupted build left.

local engine = require "engine"
local image = require "image"
local paths = require "paths"

local clean = {}

local function is_alive(pid)
  return engine.fs.stat("/proc/" .. pid) ~= nil
end

-- What may go: old images, builds whose process is gone; with `all` the present image too.
local function is_stale(name, id, all)
  local image_id = name:match "^image%-(%x+)$"
  if image_id then return all or image_id ~= id end
  local pid = name:match "^build%-(%d+)$"
  if pid then return not is_alive(pid) end
  return all and name == "kvm.json"
end

--- The verb. o: { all }.
function clean.main(o)
  local cache, id = paths.cache(), image.id()
  local removed = 0
  for _, name in ipairs(engine.fs.list(cache) or {}) do
    if is_stale(name, id, o.all) then
      engine.fs.rmtree(cache .. "/" .. name)
      print("removed " .. cache .. "/" .. name)
      removed = removed + 1
    end
  end
  if removed == 0 then print("nothing to remove in " .. cache) end
  return 0
end

return clean
