--- identity: the file of a running program on this machine, from the kernel; the process behind a telemetry socket.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local versions = require "host.versions"

local identity = {}

local function base(path) return path:match "[^/]+$" end

-- A wrapper may become another program between two looks: the most looks.
local LOOKS = 5

-- Hashing QEMU takes longer than its start: the hash is stored for as long as the file is the same.
local function hash_of(exe, path, st)
  local argv = { "sha256sum", exe }
  -- file times are coarse: another file may follow in the same tick; one in /tmp is used once
  if engine.time() - st.changed < 2 or path:find "^/tmp/" then
    local here = engine.here()
    local r = fail.try(here.run, here, argv, { timeout = 20 })
    return r and r.out:match "^%x+"
  end
  local line = versions.ask("sha256sum " .. path, argv, exe)
  return line and line:match "^%x+"
end

-- The file of a process and its hash: of the running program, and not of the file at its path by now. Nil for a process
-- that has exited; no hash for one that changes between all looks.
local function file_of(pid)
  local exe, path = ("/proc/%d/exe"):format(pid), nil
  for _ = 1, LOOKS do
    local stamp, st = versions.stamp(exe), engine.fs.stat(exe)
    path = engine.fs.realpath(exe)
    if not (stamp and st and path) then return path end
    local hash = hash_of(exe, path, st)
    if versions.stamp(exe) == stamp then return path, hash end
  end
  return path
end

-- A notice if the file at `at` is not the running program.
local function difference(program, at, path)
  local found = at and engine.fs.realpath(at)
  if found ~= path then return ("%s is %s (a wrapper at %s)"):format(base(program), path, at or "an unknown place") end
  if base(path) ~= base(program) then return ("%s is %s (a link at %s)"):format(base(program), path, at) end
end

--- Adds the file of a console's program on this machine to the case's result, with a notice if it is not the requested
--- one. `program`: as requested; `at`: its path, if not in $PATH. Returns { name, program, path, sha256, version
--- (later, from its telemetry) }; without `path` and `sha256` if the program has exited already.
function identity.record(ctx, node, console, program, at)
  if not node:is_here() then return nil end
  at = at or program
  if not at:find "/" then at = paths.program(at) end
  local path, hash = file_of(console:pid())
  local record = { name = console:name(), program = program, path = path, sha256 = hash }
  ctx:program(record)
  local words = record.path and difference(program, at, record.path)
  if words then ctx:notice(words) end
  return record
end

local function read_on(node, path)
  if node:is_here() then return paths.read(path) end
  local r = node:run { "cat", path }
  return r.code == 0 and r.out or nil
end

local function parent_of(node, pid)
  local text = read_on(node, ("/proc/%d/stat"):format(pid))
  -- the program's name is in brackets, and may hold some itself
  return text and tonumber(text:match "^.*%) %S (%d+)")
end

--- Is process `pid` on a node the one that was started as `ancestor`, or (behind a wrapper) a descendant of it?
function identity.is_of(node, pid, ancestor)
  while pid and pid > 1 do
    if pid == ancestor then return true end
    pid = parent_of(node, pid)
  end
  return false
end

--- Raises unless the process that greets at `path` ({ version, pid }, from telemetry) is one of these programs of the
--- case, or was started by one: array of { node, console, identity }. Its record gets the version.
function identity.meet(path, programs, greeting)
  local known = {}
  for i, program in ipairs(programs) do
    local own = program.console:pid()
    -- over SSH, no pid is known of a program that ended at once
    if own <= 0 or identity.is_of(program.node, greeting.pid, own) then
      if program.identity then program.identity.version = greeting.version end
      return
    end
    known[i] = ("%s is process %d"):format(program.console:name(), own)
  end
  fail.raise("EPROTO", "telemetry connect", ("%s: process %d answers, and %s"):format(
    path, greeting.pid, table.concat(known, ", ")))
end

return identity
