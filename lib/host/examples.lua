--- examples: DPDK's example programs, for a build that has them not: built from its sources against it, once, and kept
--- in the user's cache.

local edit = require "host.edit"
local engine = require "engine"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"
local script = require "host.script"

local examples = {}

local function silent() end

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
    out[#out + 1] = ("PATH=%s/buildtools:%s"):format(build.source, os.getenv "PATH")
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

-- A program that its sources do not build is not there: the reason is in a file of its name.
local function build_one(folder, work, words, on_line)
  local ok, err = pcall(script.run, "examples.sh", "examples", words, on_line)
  if ok then return end
  if fail.is_cancel(err) then error(err, 0) end
  paths.make(work .. "/out")
  paths.write(("%s/out/%s.failed"):format(work, folder:match "[^/]+$"), fail.what(err) .. "\n" .. (err.tail or ""))
end

local function build_in(work, list, build, env, log, on_line)
  local is_static = build.kind == "meson" and not build.drivers
  for _, example in ipairs(list) do
    prepare(example, build, work .. "/src", log)
    for _, folder in ipairs(folders_of(example)) do
      local words = { "SRC=" .. work .. "/src", "OUT=" .. work .. "/out", "NAME=" .. folder,
        "LINK=" .. (is_static and "static" or "shared"), "TMPDIR=" .. work, unpack(env) }
      build_one(folder, work, words, on_line)
    end
  end
end

-- Builds into a folder of the cache, whole or not at all.
local function build_apart(folder, key, list, build, env, log, on_line)
  local work = ("%s/build-%d"):format(paths.make(paths.cache(), 448), engine.sys.pid())
  local guard = engine.fs.guard_tree(work)
  paths.make(work .. "/src", 448)
  local ok, why = pcall(function()
    build_in(work, list, build, env, log, on_line)
    manifest.write(work .. "/out", key, engine.fs.list(work .. "/out"))
    engine.fs.rmtree(folder)
    -- another process may have made the same
    engine.fs.rename(work .. "/out", folder)
  end)
  engine.fs.rmtree(work)
  engine.fs.guard_drop(guard)
  if not ok then error(why, 0) end
end

--- Adds the examples to a build (host/dpdk_build.lua) that lacks some: build.examples, and build.failed for those that
--- cannot be built: { [name] = reason }. The first time it builds them, in some seconds: log(line) gets the edits of
--- their sources, on_line(line) what the compiler prints.
function examples.complete(build, log, on_line)
  local list = build.sources and lacking(build) or {}
  if #list == 0 then return end
  local env = environment(build)
  local key = key_of(build, env)
  local folder = ("%s/examples-%s"):format(paths.cache(), key)
  local made = manifest.read(folder)
  if not made or manifest.changed(folder, made) then
    build_apart(folder, key, list, build, env, log or silent, on_line or silent)
    made = manifest.read(folder)
  end
  for name in pairs(made.files) do
    local failed = name:match "^(.*)%.failed$"
    if failed then build.failed[failed] = paths.read(folder .. "/" .. name) end
    if not failed then build.examples[name] = build.examples[name] or folder .. "/" .. name end
  end
end

return examples
