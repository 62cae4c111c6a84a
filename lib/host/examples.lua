--- examples: DPDK's example programs, for a build that has them not: built from its sources against it, once, and kept
--- in the user's cache.

local cache_folder = require "host.cache_folder"
local edit = require "host.edit"
local engine = require "engine"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"
local script = require "host.script"

local examples = {}

-- A second process waits so long for the first one's build.
local WAIT_SECONDS = 600

local function silent() end

--- The names of all, separated by blanks.
function examples.names()
  local out = {}
  for i, example in ipairs(dofile(script.file "examples.lua")) do out[i] = table.concat(example.binaries, " ") end
  return table.concat(out, " ")
end

-- { name, dir, binaries, edits } of vm/examples.lua whose programs the build lacks, and whose sources are there.
local function lacking(build)
  local out = {}
  for _, example in ipairs(dofile(script.file "examples.lua")) do
    for _, name in ipairs(example.binaries) do
      if not build.examples[name] and engine.fs.stat(build.sources .. "/" .. example.dir) then
        out[#out + 1] = example
        break
      end
    end
  end
  return out
end

-- The environment in which pkg-config and the Makefiles find this DPDK.
local function environment(build)
  local out = { "LC_ALL=C" }
  if build.kind == "meson" then
    out[#out + 1] = ("PKG_CONFIG_PATH=%s/meson-uninstalled"):format(build.folder)
  elseif build.kind == "debian" then
    out[#out + 1] = ("PKG_CONFIG_LIBDIR=%s/pkgconfig:%s/usr/share/pkgconfig"):format(build.library_path, build.root)
    out[#out + 1] = "PKG_CONFIG_SYSROOT_DIR=" .. build.root
    out[#out + 1] = "SYSROOT=" .. build.root
    out[#out + 1] = ("PATH=%s:%s/usr/bin"):format(os.getenv "PATH", build.root)
  elseif build.kind == "prefix" then
    local lib = build.library_path or build.folder .. "/lib"
    out[#out + 1] = ("PKG_CONFIG_PATH=%s/pkgconfig:%s/lib/pkgconfig"):format(lib, build.folder)
    out[#out + 1] = ("PATH=%s/bin:%s"):format(build.folder, os.getenv "PATH")
  end
  return out
end

-- What the programs are made of, as text: another one makes others. A static build is linked in.
local function key_of(build, env)
  local parts = { build.kind, build.where }
  for _, name in ipairs { "examples.lua", "examples.sh" } do parts[#parts + 1] = paths.read(script.file(name)) end
  local sources = script.command({ "sh", "-c", [[pkg-config --modversion libdpdk 2>&1
find "$1" -type f -exec stat -c '%n %s %i %y %z' {} + 2>&1
[ -z "$2" ] || stat -L -c '%n %s %i %y %z' "$2"/lib/*.a "$2"/lib/*.so* "$2"/drivers/*.a "$2"/drivers/*.so* 2>/dev/null
:]], "sh", build.sources, build.folder or "" }, { env = env, timeout = 60 })
  parts[#parts + 1] = sources
  return script.command({ "sha256sum" }, { input = table.concat(parts, "\0") }):sub(1, 16)
end

-- Copies an example's sources and applies the plan's edits; log(line) gets a line for each.
local function prepare(example, build, src, log)
  local from, to = build.sources .. "/" .. example.dir, src .. "/" .. example.dir
  paths.make(to:match "^(.*)/[^/]*$")
  script.command { "cp", "-rL", from, to }
  for _, e in ipairs(example.edits) do
    local name = example.dir .. "/" .. e.file
    local file = src .. "/" .. name
    local one = { file = name }
    for key, value in pairs(e) do one[key] = one[key] or value end
    local new, report = edit.apply(fail.check(paths.read(file)), { one })
    if not new then error(report, 0) end
    paths.write(file, new)
    local words = { applied = "applied", already = "already so in this version" }
    log(("%s:%s: %s: %s"):format(name, report[1].line or "?", words[report[1].outcome], e.why))
  end
end

-- The Makefiles' folders: an example of two programs has two.
local function folders_of(example)
  if #example.binaries == 1 then return { example.dir } end
  local out = {}
  for i, name in ipairs(example.binaries) do out[i] = example.dir .. "/" .. name end
  return out
end

-- Calls fn(...) for a program. One that cannot be built is not there: the reason is in a file of its name.
local function try(name, work, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok then return true end
  if fail.is_cancel(err) then error(err, 0) end
  local tail = type(err) == "table" and rawget(err, "tail")
  paths.write(("%s/out/%s.failed"):format(work, name), fail.what(err) .. (tail and "\n" .. tostring(tail) or ""))
end

-- The Makefiles run DPDK's dpdk-cmdline-gen.py. Its folder has a folder named pkg-config, and make would run that.
local function with_tools(work, build, env)
  local tool = build.source and build.source .. "/buildtools/dpdk-cmdline-gen.py"
  if not tool or not engine.fs.stat(tool) then return env end
  paths.make(work .. "/bin")
  fail.check(engine.fs.symlink(tool, work .. "/bin/dpdk-cmdline-gen.py"))
  return { ("PATH=%s/bin:%s"):format(work, os.getenv "PATH"), unpack(env) }
end

local function build_in(work, list, build, env, log, on_line)
  local is_static = build.kind == "meson" and not build.drivers
  paths.make(work .. "/out")
  env = with_tools(work, build, env)
  for _, example in ipairs(list) do
    local is_ready = try(example.name, work, prepare, example, build, work .. "/src", log)
    for _, folder in ipairs(is_ready and folders_of(example) or {}) do
      local words = { "SRC=" .. work .. "/src", "OUT=" .. work .. "/out", "NAME=" .. folder,
        "LINK=" .. (is_static and "static" or "shared"), "TMPDIR=" .. work, unpack(env) }
      try(folder:match "[^/]+$", work, script.run, "examples.sh", "examples", words, on_line)
    end
  end
end

--- Builds those that a build lacks, in a folder of the caller's: the programs, and NAME.failed with the reason for one
--- that cannot be built, are in out/ there.
function examples.build_in(work, build, log, on_line)
  build_in(work, lacking(build), build, environment(build), log, on_line)
end

-- The manifest of a folder of the cache that is whole; nil otherwise.
local function whole(folder)
  local made = manifest.read(folder)
  return made and not manifest.changed(folder, made) and made or nil
end

-- Builds into a folder of the cache, whole or not at all; one process at a time.
local function build_apart(folder, key, list, build, env, log, on_line)
  cache_folder.alone("examples.lock", "building DPDK's examples", function()
    if whole(folder) then return end
    cache_folder.apart("build", function(work)
      paths.make(work .. "/src", 448)
      build_in(work, list, build, env, log, on_line)
      cache_folder.finish(work .. "/out", folder, key, engine.fs.list(work .. "/out"))
    end)
  end, WAIT_SECONDS, silent)
end

--- Adds the examples to a build (host/dpdk_build.lua) that lacks some: build.examples, and build.failed for those that
--- cannot be built: { [name] = reason }. Debian's trees have theirs. The first time it builds them, in some seconds:
--- log(line) gets the edits of their sources, on_line(line) what the compiler prints.
function examples.complete(build, log, on_line)
  local list = build.sources and build.kind ~= "debian" and lacking(build) or {}
  if #list == 0 then return end
  local env = environment(build)
  local key = key_of(build, env)
  local folder = ("%s/examples-%s"):format(paths.cache(), key)
  if not whole(folder) then build_apart(folder, key, list, build, env, log or silent, on_line or silent) end
  local made = whole(folder)
  if not made then fail.raise("EIO", "examples", folder .. " was removed as it was made: try again") end
  for name in pairs(made.files) do
    local failed = name:match "^(.*)%.failed$"
    if failed then build.failed[failed] = paths.read(folder .. "/" .. name) end
    if not failed then build.examples[name] = build.examples[name] or folder .. "/" .. name end
  end
end

return examples
