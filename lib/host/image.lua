--- image: the guest image: built once, in the user's cache.

local cache_folder = require "host.cache_folder"
local engine = require "engine"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"
local release = require "host.release"
local script = require "host.script"

local image = {}

-- Debian's name of a package.
local PACKAGE = "^[%l%d][%l%d+.-]+$"

-- Files of vm/ that do not change the image.
local NOT_IN_IMAGE = { ["profiles.lua"] = true, ["examples.lua"] = true, ["examples.sh"] = true,
  ["prepare.sh"] = true }

local function list_file() return paths.cache() .. "/packages" end

--- The packages that a person added to the image, sorted.
function image.packages()
  local out = {}
  for name in (paths.read(list_file()) or ""):gmatch "%S+" do out[#out + 1] = name end
  return out
end

-- The recipe: another one makes another image. DPDK is not in it (host/dpdk_disk.lua).
local function recipe_text(packages)
  local parts, names = {}, engine.fs.list(engine.home() .. "/vm")
  -- recordings have lists of before the engine sorted them
  table.sort(names)
  for _, name in ipairs(names) do
    if not NOT_IN_IMAGE[name] and not name:find "^suite" and not name:find("^%.") then
      parts[#parts + 1] = name .. "\n" .. (paths.read(script.file(name)) or "")
    end
  end
  parts[#parts + 1] = release.suite()
  for _, name in ipairs(packages) do parts[#parts + 1] = name end
  return table.concat(parts, "\0")
end

-- Once a process: it runs two programs.
local own_id

local function id_of(packages)
  return script.command({ "sha256sum" }, { input = recipe_text(packages) }):sub(1, 16)
end

--- The image's id: a hash of its recipe and inputs.
function image.id()
  own_id = own_id or id_of(image.packages())
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

local function hold(img)
  local err = cache_folder.hold(img.folder)
  if not err then return end
  fail.raise(err.code, "image", ("the guest image %s is being removed: run `moonrig setup` to build it again"):format(
    img.id))
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
image.release = cache_folder.release

local function make_keys(folder)
  paths.make(folder, 448)
  script.command { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "moonrig", "-f", folder .. "/id_ed25519" }
  script.command { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "moonrig-guest", "-f", folder .. "/host_key" }
end

local function step_env(work, recipe, packages)
  local disk, all = dofile(script.file "dpdk_disk.lua"), { unpack(recipe.packages) }
  for _, name in ipairs(packages) do all[#all + 1] = name end
  local gz = { WORK = work, OUT = work .. "/out", VM = engine.home() .. "/vm", KEYS = work .. "/keys",
    SUITE = release.suite(), DPDK_PLACE = disk.place, DPDK_SERIAL = disk.serial,
    PACKAGES = table.concat(all, ","), ADDED = table.concat(packages, " "), MODULES = table.concat(recipe.modules, " "),
    LC_ALL = "C", TMPDIR = work .. "/tmp" }
  local env = {}
  for key, value in pairs(gz) do env[#env + 1] = key .. "=" .. value end
  return env
end

-- Builds in `work`; one rename makes the finished folder.
local function build_in(work, folder, id, packages, progress)
  local recipe = dofile(script.file "image.lua")
  local env = step_env(work, recipe, packages)
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
  cache_folder.finish(out, folder, id, names)
end

local function build_apart(id, packages, progress)
  local folder = ("%s/image-%s"):format(paths.cache(), id)
  local old = cache_folder.lock_old(folder)
  local ok, why = pcall(cache_folder.apart, "build", function(work) build_in(work, folder, id, packages, progress) end)
  if old then engine.fs.unlock(old) end
  if not ok then error(why, 0) end
end

--- Builds the image, in place of one that changed. `progress(name, what, fn)` runs and shows a step, fn(log, on_line):
--- log(line) reports what it did, on_line(line) gets its program's output. Returns the image. An interrupted build
--- leaves nothing.
function image.build(progress)
  cache_folder.alone("build.lock", "building the image", function()
    build_apart(image.id(), image.packages(), progress)
  end)
  return image.find()
end

local function sorted_set(names)
  local seen, out = {}, {}
  for _, name in ipairs(names) do
    if not name:find(PACKAGE) then fail.raise("EINVAL", "image", ("%q is no name of a Debian package"):format(name)) end
    if not seen[name] then out[#out + 1] = name end
    seen[name] = true
  end
  table.sort(out)
  return out
end

-- A progress that notes the package that apt does not find, by apt's words (apt-pkg/cacheset.cc): seen.missing.
local function noting(progress, seen)
  return function(name, what, fn)
    return progress(name, what, function(log, on_line)
      return fn(log, function(line)
        seen.missing = seen.missing or line:match "Unable to locate package ([%w+.-]+)"
          or line:match "Package '([^']+)' has no installation candidate"
        on_line(line)
      end)
    end)
  end
end

local function build_with(id, packages, progress)
  local seen = {}
  local ok, err = pcall(cache_folder.alone, "build.lock", "building the image", function()
    build_apart(id, packages, noting(progress, seen))
  end)
  if not ok and seen.missing then
    fail.raise("ENOENT", "image", ("there is no package %s in the sources of this machine's apt (%s)"):format(
      seen.missing, release.suite()))
  end
  if not ok then error(err, 0) end
end

--- Sets the packages that the image has beside its own: builds that image unless it is in the cache, and uses it from
--- then on. A failure leaves all as it was. `progress`: as for image.build.
function image.set_packages(names, progress)
  local packages = sorted_set(names)
  local id = id_of(packages)
  if not manifest.read(("%s/image-%s"):format(paths.cache(), id)) then build_with(id, packages, progress) end
  paths.write(list_file(), #packages > 0 and table.concat(packages, "\n") .. "\n" or "")
  own_id = id
  return image.find()
end

return image
