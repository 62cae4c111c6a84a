--- image: the guest image: built once, in the user's cache.

local engine = require "engine"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"
local script = require "host.script"

local image = {}

-- The recipe: another one makes another image. DPDK is not in it (host/dpdk_disk.lua).
-- Files of vm/ that do not change the image.
local NOT_IN_IMAGE = { ["profiles.lua"] = true, ["need.sh"] = true, ["examples.lua"] = true, ["examples.sh"] = true }

local function recipe_text()
  local parts, names = {}, engine.fs.list(engine.home() .. "/vm")
  -- recordings have lists of before the engine sorted them
  table.sort(names)
  for _, name in ipairs(names) do
    if not NOT_IN_IMAGE[name] and not name:find("^%.") then
      parts[#parts + 1] = name .. "\n" .. (paths.read(script.file(name)) or "")
    end
  end
  return table.concat(parts, "\0")
end

-- Once a process: it runs two programs.
local own_id

--- The image's id: a hash of its recipe and inputs.
function image.id()
  own_id = own_id or script.command({ "sha256sum" }, { input = recipe_text() }):sub(1, 16)
  return own_id
end

local function describe(folder, id, built)
  return { id = id, folder = folder, manifest = built, kernel = folder .. "/vmlinuz", initrd = folder .. "/initrd.img",
    disk = folder .. "/root.squashfs", key = folder .. "/id_ed25519",
    host_key = (paths.read(folder .. "/host_key.pub") or ""):match("^[^\n]*") }
end

--- The image in the cache: { id, folder, kernel, initrd, disk, examples, key, host_key, manifest }, or nil and its id.
function image.find()
  local id = image.id()
  local folder = ("%s/image-%s"):format(paths.cache(), id)
  local built = manifest.read(folder)
  if built then return describe(folder, id, built) end
  return nil, id
end

--- The name of a file that changed since the build, or nil. `is_full`: reads all files.
function image.changed(img, is_full) return manifest.changed(img.folder, img.manifest, is_full) end

-- Once a process: in a copied cache it takes a second.
local verified = {}

--- Raises if a file of the image changed since the build.
function image.verify(img)
  local name = not verified[img.folder] and image.changed(img)
  if name then
    fail.raise("EBADMSG", "image", ("%s/%s changed since the build: run `moonrig setup` to build it again"):format(
      img.folder, name))
  end
  verified[img.folder] = true
end

-- The images that this process uses: `clean` does not remove a locked one.
local held = {}

local function hold(img)
  if held[img.folder] then return end
  local lock, err = engine.fs.lock(img.folder .. "/manifest.json", "shared")
  if not lock then
    fail.raise(err.code, "image", ("the guest image %s is being removed: run `moonrig setup` to build it again"):format(
      img.id))
  end
  held[img.folder] = lock
end

--- As image.find, but raises without an image. Nobody removes the image before image.release, or our exit.
function image.need()
  local img, id = image.find()
  if not img then
    fail.raise("ENOENT", "image", ("the guest image %s is not in %s: run `moonrig setup` to build it"):format(
      id, paths.cache()))
  end
  hold(img)
  image.verify(img)
  return img
end

--- Others may remove the images of image.need from here on.
function image.release()
  for _, lock in pairs(held) do engine.fs.unlock(lock) end
  held = {}
end

local function make_keys(folder)
  paths.make(folder, 448)
  script.command { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "moonrig", "-f", folder .. "/id_ed25519" }
  script.command { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "moonrig-guest", "-f", folder .. "/host_key" }
end

local function step_env(work, recipe)
  local gz = { WORK = work, OUT = work .. "/out", VM = engine.home() .. "/vm", KEYS = work .. "/keys",
    SUITE = recipe.suite,
    PACKAGES = table.concat(recipe.packages, ","), MODULES = table.concat(recipe.modules, " "),
    LC_ALL = "C", TMPDIR = work .. "/tmp" }
  local env = {}
  for key, value in pairs(gz) do env[#env + 1] = key .. "=" .. value end
  return env
end

-- Builds in `work`; one rename makes the finished folder.
local function build_in(work, folder, id, progress)
  local recipe = dofile(script.file "image.lua")
  local env = step_env(work, recipe)
  for _, name in ipairs { "out", "tmp" } do paths.make(work .. "/" .. name, 448) end
  progress("keys", "make a key pair for the image", function() make_keys(work .. "/keys") end)
  for _, step in ipairs(recipe.steps) do
    progress(step.name, step.what, function(_, on_line)
      script.run(step.script, step.name, env, on_line)
    end)
  end
  local out, names = work .. "/out", {}
  for i, name in ipairs(recipe.outputs) do
    if not engine.fs.stat(out .. "/" .. name) then fail.raise("ENOENT", "image", "no step made " .. name) end
    names[i] = name
  end
  fail.check(engine.fs.rename(work .. "/keys/id_ed25519", out .. "/id_ed25519"))
  fail.check(engine.fs.rename(work .. "/keys/host_key.pub", out .. "/host_key.pub"))
  manifest.write(out, id, names)
  engine.fs.rmtree(folder)
  fail.check(engine.fs.rename(out, folder))
end

-- Locks the changed image that the new one replaces: no run may use it.
local function lock_old(folder)
  if not engine.fs.stat(folder .. "/manifest.json") then return nil end
  local lock, err = engine.fs.lock(folder .. "/manifest.json")
  if lock then return lock end
  fail.raise(err.code, "image", ("%s must be built again, but a run uses it: wait for its end (%s)"):format(
    folder, err.what))
end

-- Builds in a work folder that the guard removes if we are killed.
local function build_apart(cache, id, progress)
  local folder, work = ("%s/image-%s"):format(cache, id), ("%s/build-%d"):format(cache, engine.sys.pid())
  local old = lock_old(folder)
  local guard = engine.fs.guard_tree(work)
  paths.make(work, 448)
  local ok, why = pcall(build_in, work, folder, id, progress)
  engine.fs.rmtree(work)
  engine.fs.guard_drop(guard)
  if old then engine.fs.unlock(old) end
  if not ok then error(why, 0) end
end

--- Builds the image, in place of one that changed. `progress(name, what, fn)` runs and shows a step, fn(log, on_line):
--- log(line) reports what it did, on_line(line) gets its program's output. Returns the image. An interrupted build
--- leaves nothing.
function image.build(progress)
  local cache = paths.make(paths.cache(), 448)
  local lock, err = engine.fs.lock(cache .. "/build.lock")
  if not lock then
    fail.raise(err.code, "image", "another moonrig is building the image (" .. err.what .. "): wait for its end")
  end
  local ok, why = pcall(build_apart, cache, image.id(), progress)
  engine.fs.unlock(lock)
  if not ok then error(why, 0) end
  return image.find()
end

return image
