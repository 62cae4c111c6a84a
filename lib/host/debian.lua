--- debian: DPDK and QEMU of other suites of Debian, unpacked into the cache. Nothing of the machine is changed.
---
--- A tree is CACHE/debian-SUITE-WHAT-ID: root/ has the packages' files, bin/ a start script for each program.

local apt_sources = require "host.apt_sources"
local cache_folder = require "host.cache_folder"
local engine = require "engine"
local examples = require "host.examples"
local fail = require "base.fail"
local manifest = require "host.manifest"
local paths = require "base.paths"
local script = require "host.script"
local suggest = require "base.suggest"

local debian = {}

-- A second process waits so long for the first one's fetch.
local WAIT_SECONDS = 900

-- What makes a tree: with another recipe it is another one.
local RECIPE = { "suites.lua", "suite_list.sh", "suite_unpack.sh", "suite_tree.sh", "suite_start", "examples.lua",
  "examples.sh" }

local function data() return dofile(script.file "suites.lua") end

local function hash(text) return script.command({ "sha256sum" }, { input = text }):sub(1, 16) end

-- Once a process: it runs a program.
local own_recipe

--- The hash of what makes a tree.
function debian.recipe()
  if not own_recipe then
    local parts = {}
    for i, name in ipairs(RECIPE) do parts[i] = fail.check(paths.read(script.file(name))) end
    own_recipe = hash(table.concat(parts, "\0"))
  end
  return own_recipe
end

--- Raises for an unknown suite, or (optional) an unknown `what`. Returns the data of vm/suites.lua.
function debian.check(suite, what)
  local d = data()
  if what and not d.packages[what] then
    fail.raise("EINVAL", "debian", ("unknown %q: dpdk or qemu"):format(tostring(what)))
  end
  for _, name in ipairs(d.suites) do
    if name == suite then return d end
  end
  fail.raise("EINVAL", "debian", ("unknown suite %q%s: one of %s"):format(tostring(suite),
    suggest.hint(tostring(suite), d.suites), table.concat(d.suites, ", ")))
end

-- "1:10.0.13+ds-0+deb13u1": "10.0.13".
local function upstream(version) return (version:gsub("^%d+:", ""):match "^[^-+~]+") end

-- The tree in a folder of the cache; nil for another one, or an incomplete one.
local function describe(name)
  local suite, what, id = name:match "^debian%-([%l-]+)%-(%l+)%-(%x+)$"
  local folder = ("%s/%s"):format(paths.cache(), name)
  local built = suite and manifest.read(folder)
  if not built or type(built.packages) ~= "table" then return nil end
  return { suite = suite, what = what, id = id, folder = folder, root = folder .. "/root", packages = built.packages,
    bin = folder .. "/bin", version = built.version, built = built.built, recipe = built.recipe,
    bytes = built.bytes or 0, manifest = built }
end

local function is_newer(a, b) return not b or a.built > b.built or a.built == b.built and a.id > b.id end

-- The newest tree of each suite and kind that has today's recipe, by "SUITE-WHAT"; and all trees. `prefix`: of their
-- names.
local function trees(prefix)
  local newest, all, recipe = {}, {}, nil
  for _, name in ipairs(engine.fs.list(paths.cache()) or {}) do
    local tree = name:sub(1, #prefix) == prefix and describe(name)
    if tree then
      all[#all + 1] = tree
      recipe = recipe or debian.recipe()
      local key = tree.suite .. "-" .. tree.what
      if tree.recipe == recipe and is_newer(tree, newest[key]) then newest[key] = tree end
    end
  end
  return newest, all
end

-- The trees that this process has found, and those that it was given, by "SUITE-WHAT".
local found, given = {}, {}

--- The suite's tree in the cache: { suite, what, id, folder, root = its folder of files, bin = that of start scripts,
--- packages = { [name] = version }, version = "24.11.8", bytes }. Nil without one, and for one whose programs or
--- libraries have changed since. `what`: "dpdk" or "qemu".
function debian.find(suite, what)
  local key = suite .. "-" .. what
  if given[key] then return given[key] end
  debian.check(suite, what)
  local tree = trees(("debian-%s-%s-"):format(suite, what))[key]
  if not tree or manifest.changed(tree.folder, tree.manifest) then return nil end
  found[key] = { suite = suite, what = what, id = tree.id, folder = tree.folder, root = tree.root, bin = tree.bin,
    version = tree.version }
  return tree
end

--- The trees that this process has found, for debian.give; without the lists of their packages and files.
function debian.found() return found end

--- Makes debian.find take these trees. A case's worker gets those that its run has found: it need not look at a
--- thousand files again, and a replay, whose recording lacks the long list of them, finds the tree, too.
function debian.give(list) given = list or {} end

--- Nobody removes the tree from here on, until our exit.
function debian.hold(tree)
  local err = cache_folder.hold(tree.folder)
  if not err then return end
  fail.raise(err.code, "debian", ("debian:%s's %s is being removed: run `moonrig setup --fetch debian:%s`"):format(
    tree.suite, tree.what, tree.suite))
end

--- All trees in the cache, by name: as debian.find's, with `is_current` (false: a newer one or another
--- recipe has replaced it).
function debian.list()
  local newest, all = trees "debian-"
  for _, tree in ipairs(all) do
    tree.is_current = newest[tree.suite .. "-" .. tree.what] == tree
  end
  table.sort(all, function(a, b) return a.folder < b.folder end)
  return all
end

local function matches(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

-- Of apt's simulated installation: the packages that are kept, { [name] = version }; and the archive of each.
local function read_list(text, d)
  local packages, archives = {}, {}
  for name, version, archive in text:gmatch "Inst (%S+) %((%S+) ([^\n]*)" do
    archives[name] = archive
    if matches(name, d.keep) and not matches(name, d.drop) then packages[name] = version end
  end
  return packages, archives
end

local function words_of(packages)
  local words = {}
  for name, version in pairs(packages) do words[#words + 1] = name .. "=" .. version end
  table.sort(words)
  return table.concat(words, "\n") .. "\n"
end

-- A suite of backports holds some packages only; the others would come from the suite that it belongs to.
local function check_backports(suite, what, archive)
  local base = suite:match "^(.*)%-backports$"
  if not base or archive:find("Backports", 1, true) then return end
  fail.raise("ENOENT", "debian", ("%s has no %s of its own: name debian:%s"):format(suite, what, base))
end

-- Header files and sources of examples, of which there are thousands. No program reads them when it runs.
local SOURCES = { "^root/usr/include/", "^root/usr/lib/linux/", "^root/usr/share/dpdk/" }

-- The files below a folder that programs use, and the bytes of all. No package has a name with an end of line.
local function files_below(folder)
  local out = script.command { "sh", "-c", 'cd "$1" && find . -type f -printf "%s %P\\n"', "sh", folder }
  local names, bytes = {}, 0
  for size, name in out:gmatch "(%d+) ([^\n]+)" do
    bytes = bytes + tonumber(size)
    if not matches(name, SOURCES) then names[#names + 1] = name end
  end
  return names, bytes
end

-- Builds DPDK's examples with the tree's C library, beside its other programs.
local function add_examples(work, on_line)
  local root = work .. "/out/root"
  local build = { kind = "debian", root = root, library_path = root .. "/usr/lib/x86_64-linux-gnu", examples = {},
    sources = root .. "/usr/share/dpdk/examples" }
  examples.build_in(work .. "/examples", build, on_line, on_line)
  for _, name in ipairs(engine.fs.list(work .. "/examples/out")) do
    local place = name:find "%.failed$" and "/out/" or "/out/root/usr/bin/"
    fail.check(engine.fs.rename(work .. "/examples/out/" .. name, work .. place .. name))
  end
end

-- Downloads and unpacks in `work`; one rename makes the finished folder.
local function unpack_in(work, tree, run, on_line)
  paths.write(work .. "/names", words_of(tree.packages))
  run "suite_unpack.sh"
  if tree.what == "dpdk" then add_examples(work, on_line) end
  run "suite_tree.sh"
  local names, bytes = files_below(work .. "/out")
  local old = cache_folder.lock_old(tree.folder)
  local ok, why = pcall(cache_folder.finish, work .. "/out", tree.folder, tree.id, names, { suite = tree.suite,
    what = tree.what, packages = tree.packages, version = tree.version, recipe = debian.recipe(), bytes = bytes })
  if old then engine.fs.unlock(old) end
  if not ok then error(why, 0) end
end

local function fetch_in(work, suite, what, run, on_line)
  local d = data()
  paths.make(work .. "/out/root")
  run "suite_list.sh"
  local packages, archives = read_list(fail.check(paths.read(work .. "/list")), d)
  local main = d.packages[what][1]
  check_backports(suite, what, archives[main] or "")
  local id = hash(debian.recipe() .. "\n" .. words_of(packages))
  local name = ("debian-%s-%s-%s"):format(suite, what, id)
  local present = describe(name)
  if present and not manifest.changed(present.folder, present.manifest, true) then return end
  unpack_in(work, { suite = suite, what = what, id = id, folder = ("%s/%s"):format(paths.cache(), name),
    packages = packages, version = upstream(packages[main]) }, run, on_line)
end

-- apt's own reason, of a script's last lines: its first error, as the last one only sums up.
local function reason_of(err)
  local tail = type(err) == "table" and rawget(err, "tail") or nil
  local text = type(tail) == "table" and table.concat(tail, "\n") or tail or ""
  return ("\n" .. text):match "\nE: ([^\n]*)" or text:match "([^\n]+)%s*$" or fail.what(err)
end

-- Runs a script of vm/ with the suite's names in its environment.
local function runner(work, suite, what, mirror, on_line)
  local env = { "WORK=" .. work, "VM=" .. script.file "", "SUITE=" .. suite, "MIRROR=" .. mirror,
    "EXAMPLES=" .. examples.names(),
    "PACKAGES=" .. table.concat(data().packages[what], " ") }
  return function(file)
    local ok, err = pcall(script.run, file, what, env, on_line)
    if ok then return end
    if fail.is_cancel(err) or type(err) ~= "table" then error(err, 0) end
    fail.raise("EFAIL", "debian", ("debian:%s's %s could not be fetched from %s: %s; check the network "
      .. "and the mirror, then run `moonrig setup --fetch debian:%s`"):format(suite, what, mirror, reason_of(err),
      suite), rawget(err, "tail"))
  end
end

local function mirror_of_machine()
  local mirror = apt_sources.debian()
  if mirror then return mirror end
  fail.raise("ENOENT", "debian", "no source of Debian's main archive is in /etc/apt/sources.list or "
    .. "/etc/apt/sources.list.d: add a line \"deb MIRROR bookworm main\" with a mirror near you")
end

--- Fetches the suite's tree, or what is newer in the suite by now; returns debian.find's. `progress` as of image.build.
--- An interrupted fetch leaves nothing. A second process waits for the first.
function debian.fetch(suite, what, progress)
  debian.check(suite, what)
  local mirror = mirror_of_machine()
  progress("fetch-" .. what, ("fetch %s of debian:%s"):format(what, suite), function(_, on_line)
    cache_folder.alone("fetch.lock", "fetching packages", function()
      cache_folder.apart("fetch", function(work)
        fetch_in(work, suite, what, runner(work, suite, what, mirror, on_line), on_line)
      end)
    end, WAIT_SECONDS, function() on_line "another moonrig is fetching packages: waiting for its end" end)
  end)
  return debian.find(suite, what)
end

return debian
