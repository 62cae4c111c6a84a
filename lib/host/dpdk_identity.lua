--- dpdk_identity: which DPDK a build is, for results: its version, its commit, and the options that matter.

local engine = require "engine"
local fail = require "base.fail"
local meson = require "host.meson"
local versions = require "host.versions"

local dpdk_identity = {}

local GIT_SECONDS = 20

-- Of meson's: those that make another program of one source.
local OPTIONS = { "buildtype", "b_coverage", "b_sanitize", "default_library", "platform" }

--- The shell words that print the first line that a sed command makes of a program's output; "$@" is the program.
function dpdk_identity.first_line(sed, options)
  return ([[ "$@" %s 2>&1 </dev/null | sed -n '%s' | head -n 1 ]]):format(options, sed)
end

-- -h ends a program before it touches hugepages or devices. Since 25.11 it prints no version then: it has to start.
local VERSION_LINE = [[s/^.*RTE Version: .\(DPDK [^ ]*\).$/\1/p]]
local VERSION = ([[version=$(%s); [ -n "$version" ] || version=$(%s); echo "$version"]]):format(
  dpdk_identity.first_line(VERSION_LINE, "-v -h"),
  dpdk_identity.first_line(VERSION_LINE, "-v --no-pci --no-huge --in-memory --no-telemetry -m 64 -- -h"))

--- The version that a DPDK program prints of itself, "DPDK 22.11.11"; nil where it prints none. `argv`: the program,
--- behind its loader if that starts it; `path`: its file; `eal`: of its EAL, if that is a file of its own. Stored for
--- as long as both are the same.
function dpdk_identity.version(argv, path, eal)
  local words = { "sh", "-c", VERSION, "sh", unpack(argv) }
  local name = ("DPDK version %s %s"):format(table.concat(words, " ", 5), eal and versions.stamp(eal) or "")
  return versions.ask(name, words, path)
end

local function git(source, ...)
  local here = engine.here()
  -- another repository's, in a hook of git
  local argv = { "env", "-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE", "git", "-C", source, ... }
  local r = fail.try(here.run, here, argv, { timeout = GIT_SECONDS })
  return r and r.code == 0 and r.out or nil
end

-- The commit of a checkout, and whether its files differ from it.
local function commit_of(source)
  local head = source and engine.fs.stat(source .. "/.git") and git(source, "rev-parse", "HEAD")
  if not head then return nil end
  local changes = git(source, "status", "--porcelain", "--untracked-files=no")
  if changes then return head:match "%x+", changes ~= "" end
  return head:match "%x+"
end

--- The version of a build (host/dpdk_build.lua), "DPDK 22.11.11"; nil where its testpmd prints none.
function dpdk_identity.of_build(build)
  local testpmd = build.apps["dpdk-testpmd"]
  local argv = { testpmd }
  if build.loader then argv = { build.loader, "--library-path", build.library_path, testpmd }
  elseif build.library_path then argv = { "env", "LD_LIBRARY_PATH=" .. build.library_path, testpmd } end
  return testpmd and dpdk_identity.version(argv, testpmd)
end

--- { place, kind, version, commit, dirty (of a git checkout), options (of a meson build) } of a build
--- (host/dpdk_build.lua).
function dpdk_identity.of(build)
  local out = { place = build.where, kind = build.kind, version = dpdk_identity.of_build(build) }
  out.commit, out.dirty = commit_of(build.source)
  out.options = build.kind == "meson" and meson.options(build.folder, OPTIONS) or nil
  return out
end

return dpdk_identity
