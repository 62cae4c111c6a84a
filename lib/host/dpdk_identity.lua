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

-- -h ends it before it touches hugepages or devices
local VERSION = dpdk_identity.first_line([[s/^.*RTE Version: .\(DPDK [^ ]*\).$/\1/p]], "-v -h")

--- The version that a DPDK program prints of itself, "DPDK 22.11.11"; nil where it prints none. `argv`: the program,
--- behind its loader if that starts it; `path`: its file; `eal`: of its EAL, if that is a file of its own. Stored for
--- as long as both are the same.
function dpdk_identity.version(argv, path, eal)
  local words = { "sh", "-c", VERSION, "sh", unpack(argv) }
  local name = ("version %s %s"):format(table.concat(words, " ", 5), eal and versions.stamp(eal) or "")
  return versions.ask(name, words, path)
end

local function git(source, ...)
  local here = engine.here()
  local r = fail.try(here.run, here, { "git", "-C", source, ... }, { timeout = GIT_SECONDS })
  return r and r.code == 0 and r.out or nil
end

-- The commit of a checkout, and whether its files differ from it.
local function commit_of(source)
  local head = source and engine.fs.stat(source .. "/.git") and git(source, "rev-parse", "HEAD")
  if not head then return nil end
  return head:match "%x+", (git(source, "status", "--porcelain", "--untracked-files=no") or "") ~= ""
end

--- { place, kind, version, commit, dirty (of a git checkout), options (of a meson build) } of a build
--- (host/dpdk_build.lua).
function dpdk_identity.of(build)
  local testpmd = build.apps["dpdk-testpmd"]
  local out = { place = build.where, kind = build.kind }
  local argv = build.loader and { build.loader, "--library-path", build.library_path, testpmd } or { testpmd }
  out.version = testpmd and dpdk_identity.version(argv, testpmd)
  out.commit, out.dirty = commit_of(build.source)
  out.options = build.kind == "meson" and meson.options(build.folder, OPTIONS) or nil
  return out
end

return dpdk_identity
