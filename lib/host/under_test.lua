--- under_test: the DPDK, the QEMU and the guest image that this process uses, as a person chose them; without a choice,
--- what PATH has, and our own image.

local debian = require "host.debian"
local dpdk_build = require "host.dpdk_build"
local dpdk_disk = require "host.dpdk_disk"
local engine = require "engine"
local examples = require "host.examples"
local fail = require "base.fail"
local paths = require "base.paths"
local show = require "base.show"
local suggest = require "base.suggest"
local user_image = require "host.user_image"

local under_test = {}

-- As they were chosen, by the rows of host/choice.lua; nil: no choice.
local chosen = {}

local build

--- Chooses: { [name] = value } by the rows of host/choice.lua, each optional.
function under_test.choose(places)
  chosen, build = places or {}, nil
end

--- The DPDK (dpdk_build.at).
function under_test.dpdk()
  build = build or dpdk_build.at(chosen.dpdk)
  return build
end

--- The DPDK of guests: that of this machine, unless a person asked for another one.
function under_test.guest_dpdk()
  return chosen.guest_dpdk and dpdk_build.at(chosen.guest_dpdk) or under_test.dpdk()
end

--- Was another DPDK chosen for guests?
function under_test.is_mix() return chosen.guest_dpdk ~= nil end

--- The DPDK on a disk for guests (dpdk_disk.of), examples included. `log`, `on_line`: as for examples.complete.
function under_test.disk(log, on_line)
  -- it may have been rebuilt since this process looked
  build = nil
  local own = under_test.guest_dpdk()
  if not own.apps["dpdk-testpmd"] then
    fail.raise("ENOENT", "dpdk", "dpdk-testpmd is missing: install Debian's package dpdk-dev, or choose a DPDK "
      .. "with --dpdk")
  end
  examples.complete(own, log, on_line)
  return dpdk_disk.of(own)
end

-- The names of DPDK's programs.
local function is_dpdk_name(name)
  return name:find "^dpdk%-" ~= nil or (" " .. examples.names() .. " "):find(" " .. name .. " ", 1, true) ~= nil
end

local function refuse(kind, name)
  local own = under_test.dpdk()
  if own.failed[name] then
    fail.raise("ENOENT", kind, ("%s cannot be built from %s: %s"):format(name, own.sources, own.failed[name]))
  end
  local known = show.sorted_keys(own.examples)
  for _, app in ipairs(show.sorted_keys(own.apps)) do known[#known + 1] = app end
  local of = chosen.dpdk and "the DPDK at " .. own.where or "DPDK"
  local install = is_dpdk_name(name) and not chosen.dpdk and ": install Debian's package dpdk-dev" or ""
  fail.misuse("%s: %s is not on PATH and no program of %s%s%s", kind, name, of, suggest.hint(name, known), install)
end

-- What starts a program of a build: itself, or a script that gives it its own loader.
local function start_of(own, name)
  local start = own.starts and ("%s/%s"):format(own.starts, name)
  if start and engine.fs.access(start, "x") then return start end
  return own.apps[name] or own.tools[name]
end

-- A program of this name that is the chosen DPDK's, or one of its examples.
local function of_build(name)
  local own = under_test.dpdk()
  local start = chosen.dpdk and start_of(own, name)
  if start then return start end
  if chosen.dpdk or not paths.program(name) then
    examples.complete(own)
    return own.starts and own.examples[name] and ("%s/%s"):format(own.starts, name) or own.examples[name]
  end
end

--- The path of a program on this machine: of the chosen DPDK, or one of the examples; nil: by its name on PATH. Raises
--- for one that is nowhere. `kind`: the primitive, for the error.
function under_test.program(kind, name)
  if name:find "/" then return nil end
  local path = of_build(name)
  if path then return path end
  if not paths.program(name) or chosen.dpdk and is_dpdk_name(name) then refuse(kind, name) end
end

--- Environment variables by which a program on this machine finds its libraries: those of a prefix.
function under_test.environment()
  local own = under_test.dpdk()
  return own.kind == "prefix" and own.library_path and { "LD_LIBRARY_PATH=" .. own.library_path } or {}
end

--- Words for the EAL by which a program on this machine finds its drivers: those of a shared build that is not
--- installed.
function under_test.eal_words()
  local own = under_test.dpdk()
  return own.drivers and { "-d", own.drivers } or {}
end

--- The user's own guest image (user_image.of); nil: ours.
function under_test.image() return chosen.image and user_image.of(chosen.image) or nil end

--- How guests run: "auto", "kvm" or "tcg".
function under_test.accel() return chosen.accel or "auto" end

--- Whether DPDK on this machine and guests have hugepages: "auto" (where enough are free), "on" or "off".
function under_test.hugepages() return chosen.hugepages or "auto" end

local QEMU = "qemu-system-x86_64"

local function of_debian(where, suite)
  local tree = debian.find(suite, "qemu")
  if not tree then
    fail.raise("ENOENT", "qemu", ("%s is not in the cache: run `moonrig setup --fetch %s`"):format(where, where))
  end
  debian.hold(tree)
  return ("%s/%s"):format(tree.bin, QEMU)
end

--- The QEMU's program: a name on PATH, or a path. A place is a program, a build folder, or debian:SUITE (in the cache).
function under_test.qemu()
  local where = chosen.qemu
  if not where then return QEMU end
  local suite = where:match "^debian:(.+)$"
  if suite then return of_debian(where, suite) end
  local path = engine.fs.realpath(where) or not where:find "/" and paths.program(where) or nil
  local st = path and engine.fs.stat(path)
  if not st then fail.raise("ENOENT", "qemu", ("there is no %q"):format(where)) end
  if st.type == "dir" then path = path .. "/" .. QEMU end
  if engine.fs.access(path, "x") then return path end
  fail.raise("EINVAL", "qemu", ("%s is no QEMU: expected a program, or a build folder with %s"):format(where, QEMU))
end

return under_test
