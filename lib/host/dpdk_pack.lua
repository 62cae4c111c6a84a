--- dpdk_pack: a copy of a DPDK as a guest has it on its disk: the files, what starts them, and the disk made of them.

local dpdk_build = require "host.dpdk_build"
local dpdk_contents = require "host.dpdk_contents"
local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local script = require "host.script"
local show = require "base.show"
local stamp = require "host.stamp"

local dpdk_pack = {}

--- Of the layout below. Another one makes other disks.
dpdk_pack.LAYOUT = "3"

-- A build may be running: how often its files are read again.
local READS = 3

local SECONDS = 120

-- The sizes of disks: a guest's snapshot knows the size, and not what is on it, so there are few.
local LEAST = 64 * 2 ^ 20

-- Starts a program by its own loader, under its own name. For klibc's sh, or any other.
local START = [[#!/bin/sh
exec %s/start/%s --library-path %s/lib --argv0 %s %s/real/%s%s "$@"
]]

-- Programs that give the EAL its options themselves.
local NO_EAL_OPTIONS = { ["dpdk-dumpcap"] = true }

-- Where the EAL of a build with the default prefix, and Debian's, looks for drivers: the image has links to here.
local DEFAULT = "default"

local COPY = [[cd "$1" || exit 1
shift
while [ $# -gt 0 ]; do
	cp -L --reflink=auto -- "$1" "$2" && chmod 755 "$2" || exit 1
	shift 2
done]]

local function copy(files, to)
  for _, name in ipairs { "real", "lib", "bin", "start", "plugins", DEFAULT } do paths.make(to .. "/" .. name) end
  local argv = { "sh", "-c", COPY, "sh", to }
  for _, place in ipairs(show.sorted_keys(files)) do
    argv[#argv + 1] = files[place]
    argv[#argv + 1] = place
  end
  script.command(argv, { timeout = SECONDS })
end

local function link(target, path) fail.check(engine.fs.symlink(target, path)) end

local function add_drivers(to, folder, drivers)
  for _, name in ipairs(show.sorted_keys(drivers)) do
    link("../lib/" .. drivers[name], ("%s/plugins/%s"):format(to, name))
  end
  if folder then link("../plugins", ("%s/%s/%s"):format(to, DEFAULT, folder:match "([^/]+)$")) end
end

local function add_starts(build, to, folder, loader)
  local place = dofile(script.file "dpdk_disk.lua").place
  for _, program in ipairs(dpdk_build.programs(build)) do
    local name = program.name
    local words = folder and not NO_EAL_OPTIONS[name] and (" -d %s/plugins"):format(place) or ""
    link("../lib/" .. loader:match "[^/]+$", ("%s/start/%s"):format(to, name))
    paths.write(("%s/bin/%s"):format(to, name), START:format(place, name, place, name, place, name, words), 493)
  end
end

-- { [place] = sha256 } of a copy. Those of files that still have a known stamp are known: { [path] = { stamp, sha256 }
-- }.
local function hashes(files, seen, known, at)
  local out, argv = {}, { "sha256sum", "--" }
  -- in one order: a replay asks as the recorded run did
  for _, place in ipairs(show.sorted_keys(files)) do
    local path = files[place]
    local old = known[path]
    if old and old.stamp == seen[path].stamp then out[place] = old.sha256 else argv[#argv + 1] = at .. "/" .. place end
  end
  if #argv == 2 then return out end
  for hash, path in script.command(argv, { timeout = SECONDS }):gmatch "(%x+) [ *]([^\n]+)" do
    out[path:sub(#at + 2)] = hash
  end
  return out
end

local function id_of(sums)
  local parts = { dpdk_pack.LAYOUT }
  for _, place in ipairs(show.sorted_keys(sums)) do parts[#parts + 1] = place .. " " .. sums[place] end
  return script.command({ "sha256sum" }, { input = table.concat(parts, "\n") }):sub(1, 16)
end

--- Copies a build's files into a new folder `at`, while they do not change: { id (of the contents), files = { [place] =
--- path }, seen (stamp.of), sums = { [place] = sha256 }, folder (of drivers; nil: none) }. `known`: hashes of before,
--- by path.
function dpdk_pack.copy(build, at, known)
  for _ = 1, READS do
    engine.fs.rmtree(at)
    local files, folder, drivers, loader = dpdk_contents.of(build)
    local seen = stamp.of(files)
    copy(files, at)
    if stamp.is_same(seen, stamp.of(files)) then
      local sums = hashes(files, seen, known, at)
      add_drivers(at, folder, drivers)
      add_starts(build, at, folder, loader)
      return { id = id_of(sums), files = files, seen = seen, sums = sums, folder = folder }
    end
  end
  fail.raise("EBUSY", "dpdk", ("the files of %s change while they are read: wait for the end of the build"):format(
    build.where))
end

local function room_for(bytes)
  local size = LEAST
  while size < bytes do size = size * 2 end
  return size
end

--- Makes a disk of a copy. Returns its size in bytes.
function dpdk_pack.pack(at, id, disk)
  paths.write(at .. "/id", id .. "\n")
  script.command({ "mksquashfs", at, disk, "-noappend", "-all-root", "-no-xattrs", "-comp", "lz4", "-no-progress",
    "-quiet" }, { timeout = SECONDS })
  local size = room_for(fail.check(engine.fs.stat(disk)).size)
  script.command { "truncate", "-s", ("%.0f"):format(size), disk }
  return size
end

return dpdk_pack
