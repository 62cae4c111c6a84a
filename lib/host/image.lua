--- image: the guest image and the example programs: built once, in the user's cache.

local cache_folder = require "host.cache_folder"
local edit = require "host.edit"
local engine = require "engine"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"
local script = require "host.script"

local image = {}

local EXAMPLES_HOME = "/usr/share/dpdk/examples"

local vm_file, must_run = script.file, script.must_run

-- The recipe, and the versions of its inputs: another DPDK makes another image.
local function recipe_text()
  local parts, names = {}, engine.fs.list(engine.home() .. "/vm")
  -- recordings have lists of before the engine sorted them
  table.sort(names)
  for _, name in ipairs(names) do
    -- these do not change the image
    if name ~= "profiles.lua" and name ~= "need.sh" and not name:find "^suite" and not name:find("^%.") then
      parts[#parts + 1] = name .. "\n" .. (paths.read(vm_file(name)) or "")
    end
  end
  local r = engine.here():run { "dpkg-query", "-W", "-f", "${Package} ${Version}\n", "dpdk", "libdpdk-dev", "dpdk-doc" }
  parts[#parts + 1] = r.out
  return table.concat(parts, "\0")
end

-- Once a process: it runs two programs.
local own_id

--- The image's id: a hash of its recipe and inputs.
function image.id()
  own_id = own_id or must_run({ "sha256sum" }, { input = recipe_text() }):sub(1, 16)
  return own_id
end

local function describe(folder, id, built)
  return { id = id, folder = folder, manifest = built, kernel = folder .. "/vmlinuz", initrd = folder .. "/initrd.img",
    disk = folder .. "/root.squashfs", examples = folder .. "/examples", key = folder .. "/id_ed25519",
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

-- Copies an example's sources and applies the plan's edits; log(line) gets a line for each.
local function prepare_example(example, src, log)
  local from, to = EXAMPLES_HOME .. "/" .. example.dir, src .. "/" .. example.dir
  if not engine.fs.stat(from) then
    fail.raise("ENOENT", "examples", from .. " is missing: install Debian's package dpdk-doc")
  end
  paths.make(to:match("^(.*)/[^/]*$"))
  must_run { "cp", "-rL", from, to }
  for _, e in ipairs(example.edits) do
    -- the file's name in messages
    e.file = example.dir .. "/" .. e.file
    local file = src .. "/" .. e.file
    local new, report = edit.apply(fail.check(paths.read(file)), { e })
    if not new then error(report, 0) end
    paths.write(file, new)
    local words = { applied = "applied", already = "already so in this version" }
    log(("%s:%s: %s: %s"):format(e.file, report[1].line or "?", words[report[1].outcome], e.why))
  end
end

local function build_examples(work, env, log, on_line)
  local examples = dofile(vm_file "examples.lua")
  local src = work .. "/src"
  paths.make(src)
  for _, example in ipairs(examples) do prepare_example(example, src, log) end
  script.run("examples.sh", "examples", env, on_line)
end

local function make_keys(folder)
  paths.make(folder, 448)
  must_run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "moonrig", "-f", folder .. "/id_ed25519" }
  must_run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "moonrig-guest", "-f", folder .. "/host_key" }
end

local function step_env(work, recipe)
  local gz = { WORK = work, OUT = work .. "/out", VM = engine.home() .. "/vm", KEYS = work .. "/keys",
    EXAMPLES = work .. "/out/examples", SRC = work .. "/src", SUITE = recipe.suite,
    PACKAGES = table.concat(recipe.packages, ","), MODULES = table.concat(recipe.modules, " "),
    LC_ALL = "C", TMPDIR = work .. "/tmp" }
  local env = {}
  for key, value in pairs(gz) do env[#env + 1] = key .. "=" .. value end
  return env
end

-- Builds in `work`; one rename makes the finished folder.
local function build_in(work, folder, id, progress)
  local recipe = dofile(vm_file "image.lua")
  local env = step_env(work, recipe)
  for _, name in ipairs { "out", "out/examples", "tmp" } do paths.make(work .. "/" .. name, 448) end
  progress("keys", "make a key pair for the image", function() make_keys(work .. "/keys") end)
  progress("examples", "build DPDK's example programs", function(log, on_line)
    build_examples(work, env, log, on_line)
  end)
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
  for _, name in ipairs(engine.fs.list(out .. "/examples")) do names[#names + 1] = "examples/" .. name end
  fail.check(engine.fs.rename(work .. "/keys/id_ed25519", out .. "/id_ed25519"))
  fail.check(engine.fs.rename(work .. "/keys/host_key.pub", out .. "/host_key.pub"))
  cache_folder.finish(out, folder, id, names)
end

local function build_apart(id, progress)
  local folder = ("%s/image-%s"):format(paths.cache(), id)
  local old = cache_folder.lock_old(folder)
  local ok, why = pcall(cache_folder.apart, "build", function(work) build_in(work, folder, id, progress) end)
  if old then engine.fs.unlock(old) end
  if not ok then error(why, 0) end
end

--- Builds the image, in place of one that changed. `progress(name, what, fn)` runs and shows a step, fn(log, on_line):
--- log(line) reports what it did, on_line(line) gets its program's output. Returns the image. An interrupted build
--- leaves nothing.
function image.build(progress)
  cache_folder.alone("build.lock", "building the image", function() build_apart(image.id(), progress) end)
  return image.find()
end

return image
