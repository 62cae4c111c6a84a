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

--- The hash of a file; nil without one.
function identity.hash(path)
  local st = engine.fs.stat(path)
  return st and hash_of(path, path, st)
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

-- The process that a wrapper waits for; the wrapper itself where there is none, or more than one.
local function behind_wrapper(pid, at)
  for _ = 1, LOOKS do
    local exe = engine.fs.realpath(("/proc/%d/exe"):format(pid))
    local children = paths.read(("/proc/%d/task/%d/children"):format(pid, pid)) or ""
    local child = exe and exe ~= at and children:match "^%s*(%d+)%s*$"
    if not child then return pid end
    pid = tonumber(child)
  end
  return pid
end

-- Options of ld.so that have an argument (ld.so --help).
local LOADER_TAKES = { ["--library-path"] = true, ["--inhibit-rpath"] = true, ["--audit"] = true,
  ["--preload"] = true, ["--argv0"] = true, ["--glibc-hwcaps-prepend"] = true, ["--glibc-hwcaps-mask"] = true }

-- A program that was started by its own loader, `ld-linux-x86-64.so.2 --library-path DIR PROGRAM ...`: its words up to
-- the program, and the program; nil for others.
local function of_loader(pid, path)
  if not base(path):find "^ld[-.]" then return nil end
  local words, takes = { path }, false
  for word in (paths.read(("/proc/%d/cmdline"):format(pid)) or ""):gsub("^%Z*%z", ""):gmatch "%Z+" do
    words[#words + 1] = word
    if not takes and word:sub(1, 2) ~= "--" then return words, engine.fs.realpath(word) end
    takes = not takes and LOADER_TAKES[word]
  end
end

-- The file of DPDK's EAL that a process has loaded; nil for a program that has none, or has it linked in.
local function eal_of(pid)
  return (paths.read(("/proc/%d/maps"):format(pid)) or ""):match "(/[^\n]*/librte_eal%.so[^\n]*)"
end

-- The file of a process, as it is recorded.
local function file_fields(pid)
  local path, hash = file_of(pid)
  local argv, program = nil, nil
  if path then argv, program = of_loader(pid, path) end
  if program then
    path, hash = program, identity.hash(program)
  end
  return { path = path, sha256 = hash, argv = program and argv or nil, eal = path and eal_of(pid) }
end

-- A notice if the file at `at` is not the running program.
local function difference(program, at, path)
  local found = at and engine.fs.realpath(at)
  if found ~= path then return ("%s is %s (a wrapper at %s)"):format(base(program), path, at or "an unknown place") end
  if base(path) ~= base(program) and at ~= path then
    return ("%s is %s (a link at %s)"):format(base(program), path, at)
  end
end

--- Adds a console's program to the case's result, with a notice if its file is not the requested one. `program`: as
--- requested; `at`: its path, if not in $PATH; `kind` (optional): "qemu". Returns { name, node (absent: this machine),
--- program, kind, path, sha256, argv (with its loader, if that is another program), eal (the library's file), version
--- (later, from its telemetry) }; without the fields of its file if it has exited already, or is on another node.
function identity.record(ctx, node, console, program, at, kind)
  if not node:is_here() then
    local far = { name = console:name(), node = node:name(), program = program }
    ctx:program(far)
    return far
  end
  at = at or program
  if not at:find "/" then at = paths.program(at) end
  local record = file_fields(behind_wrapper(console:pid(), at and engine.fs.realpath(at)))
  record.name, record.program, record.kind = console:name(), program, kind
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

--- Is a recorded program's file the same as it was?
function identity.is_same(record)
  return record.sha256 ~= nil and identity.hash(record.path) == record.sha256
end

return identity
