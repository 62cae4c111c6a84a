--- dpdk_build: a DPDK as it lies on this machine: its programs, drivers, tools and examples, and how they are started.

local closure = require "host.closure"
local debian = require "host.debian"
local engine = require "engine"
local examples = require "host.examples"
local fail = require "base.fail"
local meson = require "host.meson"
local paths = require "base.paths"
local show = require "base.show"

local dpdk_build = {}

-- The programs of app/ that tests use. Each of dpdk-test-* is for one kind of device.
local APPS = { "dpdk-testpmd", "dpdk-proc-info", "dpdk-pdump", "dpdk-dumpcap", "dpdk-test" }

local function is_folder(path)
  local st = engine.fs.stat(path)
  return st ~= nil and st.type == "dir"
end

-- Adds a file under its name in a guest.
local function add(list, name, path)
  if engine.fs.stat(path) then list[name] = path end
end

local function add_folder(list, folder, pattern, name_of)
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    local own = name:match(pattern)
    if own then add(list, name_of and name_of(own) or own, folder .. "/" .. name) end
  end
end

local function new(kind, where, fields)
  local build = { kind = kind, where = where, apps = {}, tools = {}, examples = {}, failed = {}, folder = false,
    sources = false, loader = false, library_path = false, drivers = false,
    starts = false, root = false }
  for key, value in pairs(fields) do build[key] = value end
  return build
end

-- A meson build folder: programs in app/, drivers in drivers/, examples as dpdk-NAME in examples/.
local function of_meson(where, folder)
  local source = meson.source(folder)
  -- a static build has shared libraries, too
  local is_shared = meson.options(folder, { "default_library" }).default_library == "shared"
  local build = new("meson", where, { folder = folder, source = source, sources = source .. "/examples",
    drivers = is_shared and folder .. "/drivers" or false })
  for _, name in ipairs(APPS) do add(build.apps, name, ("%s/app/%s"):format(folder, name)) end
  add_folder(build.tools, source .. "/usertools", "^dpdk%-.*%.py$")
  for name, path in pairs(dpdk_build.examples_in(folder .. "/examples")) do build.examples[name] = path end
  return build
end

--- The programs of a folder of built examples, by the names that their sources have: meson calls them dpdk-NAME.
function dpdk_build.examples_in(folder)
  local found = {}
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    local path = folder .. "/" .. name
    local st = engine.fs.stat(path)
    if st and st.type == "file" and closure.is_elf(path) and not name:find "%.so" then
      found[name:gsub("^dpdk%-", "")] = path
    end
  end
  return found
end

local function has_testpmd(folder) return engine.fs.stat(folder .. "/app/dpdk-testpmd") ~= nil end

-- The build folder of a source tree: the only one with a testpmd.
local function build_in(tree)
  local found, unbuilt = {}, {}
  for _, name in ipairs(engine.fs.list(tree) or {}) do
    local folder = tree .. "/" .. name
    if meson.is_build(folder) then table.insert(has_testpmd(folder) and found or unbuilt, folder) end
  end
  if #found == 1 then return found[1] end
  if #found > 1 then
    fail.raise("EINVAL", "dpdk", ("%s has %d builds: name one: %s"):format(tree, #found, table.concat(found, ", ")))
  end
  local hint = #unbuilt > 0 and ("%s has no app/dpdk-testpmd: run `ninja -C %s`"):format(unbuilt[1], unbuilt[1])
    or ("run `meson setup %s/build %s && ninja -C %s/build`"):format(tree, tree, tree)
  fail.raise("ENOENT", "dpdk", ("%s is a source tree of DPDK without a build: %s"):format(tree, hint))
end

-- The folder below PREFIX/lib that has DPDK's libraries, for a shared build.
local function libraries_in(prefix)
  for _, lib in ipairs { "lib", "lib64" } do
    local base = prefix .. "/" .. lib
    for _, name in ipairs(engine.fs.list(base) or {}) do
      if name:find "^librte_eal%.so" then return base end
      if is_folder(base .. "/" .. name .. "/dpdk") then return base .. "/" .. name end
    end
  end
end

local function prefix(where, folder)
  local build = new("prefix", where, { folder = folder, sources = folder .. "/share/dpdk/examples",
    library_path = libraries_in(folder) or false })
  for _, name in ipairs(APPS) do add(build.apps, name, ("%s/bin/%s"):format(folder, name)) end
  add_folder(build.tools, folder .. "/bin", "^dpdk%-.*%.py$")
  return build
end

-- The first ELF program of this name on PATH: a script there may be a wrapper.
local function on_path(name)
  for folder in (paths.env "PATH" or "/usr/bin:/bin"):gmatch "[^:]+" do
    local path = folder .. "/" .. name
    if engine.fs.access(path, "x") and closure.is_elf(path) then return engine.fs.realpath(path) end
  end
end

-- What PATH has: Debian's packages, or a build folder of the user's.
local function machine()
  local build = new("machine", "the one on PATH", { sources = "/usr/share/dpdk/examples" })
  for _, name in ipairs(APPS) do build.apps[name] = on_path(name) end
  local folder = (build.apps["dpdk-testpmd"] or ""):match "^(.*)/app/[^/]*$"
  if folder and meson.is_build(folder) then return of_meson(folder, folder) end
  for _, name in ipairs { "dpdk-devbind.py", "dpdk-telemetry.py", "dpdk-hugepages.py", "dpdk-pmdinfo.py" } do
    build.tools[name] = paths.program(name)
  end
  return build
end

-- Another suite's packages, unpacked in the cache. Its programs here are start scripts, which give them its own loader.
local function of_debian(where, suite)
  local tree = debian.find(suite, "dpdk")
  if not tree then
    fail.raise("ENOENT", "dpdk", ("%s is not in the cache: run `moonrig setup --fetch %s`"):format(where, where))
  end
  debian.hold(tree)
  local lib = tree.root .. "/usr/lib/x86_64-linux-gnu"
  local build = new("debian", where, { folder = tree.folder, root = tree.root, starts = tree.bin, library_path = lib,
    sources = tree.root .. "/usr/share/dpdk/examples", loader = lib .. "/ld-linux-x86-64.so.2" })
  for _, name in ipairs(APPS) do add(build.apps, name, ("%s/usr/bin/%s"):format(tree.root, name)) end
  add_folder(build.tools, tree.root .. "/usr/bin", "^dpdk%-.*%.py$")
  for name in examples.names():gmatch "%S+" do
    add(build.examples, name, ("%s/usr/bin/%s"):format(tree.root, name))
    build.failed[name] = paths.read(("%s/%s.failed"):format(tree.folder, name))
  end
  return build
end

local function absolute(where) return where:find "^/" and where or engine.fs.realpath(where) or where end

-- The kinds of a folder, by what lies in it.
local function of_folder(where, folder)
  if meson.is_build(folder) then
    if has_testpmd(folder) then return of_meson(where, folder) end
    fail.raise("ENOENT", "dpdk", ("%s is a build folder without app/dpdk-testpmd: run `ninja -C %s`"):format(
      folder, folder))
  end
  if engine.fs.stat(folder .. "/bin/dpdk-testpmd") then return prefix(where, folder) end
  if engine.fs.stat(folder .. "/app/test-pmd") and engine.fs.stat(folder .. "/meson.build") then
    return of_meson(where, build_in(folder))
  end
  fail.raise("EINVAL", "dpdk", ("%s is no DPDK: expected a meson build folder (app/dpdk-testpmd), DPDK's source tree, "
    .. "or the prefix of an installed one (bin/dpdk-testpmd)"):format(folder))
end

--- The DPDK at a place: nil (what PATH has), debian:SUITE (in the cache), a meson build folder, a source tree with one,
--- or an installed prefix. { kind, where, apps, tools, examples = { [name] = path }, sources = folder of the examples'
--- sources, folder, source (tree), loader, library_path, drivers = folder of those that a shared build does not find by
--- itself }. Raises for a place without DPDK.
function dpdk_build.at(where)
  if not where then return machine() end
  local suite = where:match "^debian:(.+)$"
  if suite then return of_debian(where, suite) end
  local folder = engine.fs.realpath(absolute(where))
  if not folder then fail.raise("ENOENT", "dpdk", ("there is no %q"):format(where)) end
  return of_folder(where, folder)
end

-- The folder of a shared build's drivers: beside its EAL. Nil for a static one.
local function driver_folder(build, libraries)
  local eal
  for name, path in pairs(libraries) do
    if name:find "^librte_eal%.so" then eal = engine.fs.realpath(path) or path end
  end
  if not eal then return nil end
  local lib = eal:match "^(.*)/"
  if build.kind == "meson" then return build.folder .. "/drivers" end
  for _, name in ipairs(engine.fs.list(lib .. "/dpdk") or {}) do
    if name:find "^pmds%-" then return ("%s/dpdk/%s"):format(lib, name) end
  end
end

-- The drivers that tests in a guest use: the EAL opens every plug-in that it finds. testpmd links mempool_dpaa, which
-- other programs open as a plug-in before mempool_ring: a primary and its secondaries (dpdk-pdump) find the operations
-- of a mempool by their place in the order in which they came (lib/mempool/rte_mempool_ops.c).
local DRIVERS = {}
for name in ("bus_pci bus_vdev mempool_dpaa mempool_ring mempool_stack net_virtio net_null net_ring net_vhost net_tap "
  .. "net_af_packet net_pcap"):gmatch "%S+" do DRIVERS[name] = true end

--- The drivers in a folder that guests get: { [file's name] = path }; nil: none.
function dpdk_build.drivers_in(folder)
  local found = {}
  for _, name in ipairs(folder and engine.fs.list(folder) or {}) do
    local path = folder .. "/" .. name
    -- the EAL looks for the whole name, librte_net_virtio.so.23.0; the shorter ones are links
    local is_wanted = DRIVERS[name:match "^librte_([%w_]+)%.so%.[%d.]+$" or ""]
    if is_wanted and (engine.fs.stat(path, true) or {}).type == "file" then
      found[name] = path
    end
  end
  return found
end

--- The drivers of a shared build: { [file's name] = path }, and their folder; nothing for a static build. `libraries`:
--- of its programs (host/closure.lua).
function dpdk_build.drivers(build, libraries)
  local folder = driver_folder(build, libraries)
  return dpdk_build.drivers_in(folder), folder
end

--- The programs and examples: array of { name, path }, sorted by name.
function dpdk_build.programs(build)
  local out = {}
  for _, list in ipairs { build.apps, build.examples } do
    for _, name in ipairs(show.sorted_keys(list)) do out[#out + 1] = { name = name, path = list[name] } end
  end
  return out
end

return dpdk_build
