--- core_files: the cores that programs left on this machine, by the kernel's core_pattern (core(5)).

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local core_files = {}

-- systemd-coredump stores a core a moment after its program's end.
local STORE_SECONDS = 5

--- The kernel's pattern.
function core_files.pattern() return (paths.read "/proc/sys/kernel/core_pattern" or ""):match "^[^\n]*" end

-- The files in a folder and in those directly below it.
local function files_below(folder)
  local out = {}
  paths.walk(folder, function(path, st)
    if st.type == "file" then out[#out + 1] = path end
  end)
  return out
end

-- A Lua pattern of the names that the last part of a core_pattern stands for.
local function names_of(pattern)
  return "^" .. (pattern:match("[^/]*$"):gsub("[^%w%%]", "%%%0"):gsub("%%%a", ".*"))
end

-- The files that a pattern with a folder of its own may have made.
local function files_of(pattern)
  local folder, names, out = pattern:match "^(.*)/", names_of(pattern), {}
  if folder:find "%%" then return out end
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    if name:find(names) then out[#out + 1] = folder .. "/" .. name end
  end
  return out
end

-- The core of the session that a process leads: a wrapper's program is in its session, too.
local function of_session(files, sid)
  for _, path in ipairs(files) do
    local core = engine.fs.core(path)
    if core and core.sid == sid then return path, core end
  end
end

local NO_CORE = "no core was left (kernel.core_pattern is %q): is the hard limit (ulimit -Hc) 0, or the disk full?"
local ELSEWHERE = "cores go to a program (kernel.core_pattern is %q): `sysctl kernel.core_pattern=core` keeps them here"

local function from_systemd(coredumpctl, pid, folder)
  local here, path, deadline = engine.here(), folder .. "/coredump", engine.now() + STORE_SECONDS
  local argv = { coredumpctl, "--quiet", "dump", "--output=" .. path, ("COREDUMP_PID=%d"):format(pid) }
  repeat
    local r = fail.try(here.run, here, argv, { timeout = STORE_SECONDS })
    local core = r and r.code == 0 and engine.fs.core(path)
    if core then return path, core end
    fail.check(engine.elapse(0.2))
  until engine.now() > deadline
  return nil, ("coredumpctl has no core of process %d"):format(pid)
end

-- The kernel gives it to a program.
local function from_program(pid, folder, pattern)
  local coredumpctl = pattern:find "systemd%-coredump" and paths.program "coredumpctl"
  if not coredumpctl then return nil, ELSEWHERE:format(pattern) end
  return from_systemd(coredumpctl, pid, folder)
end

--- The core of the process `pid`, the leader of a session: its path, and engine.fs.core's table; nil and why there is
--- none. `folder`: where programs under test run (engine/chan/cores.c); `pattern`: core_files.pattern().
function core_files.find(pid, folder, pattern)
  if pattern:sub(1, 1) == "|" then
    return from_program(pid, folder, pattern)
  end
  local path, core = of_session(pattern:sub(1, 1) == "/" and files_of(pattern) or files_below(folder), pid)
  if path then return path, core end
  return nil, NO_CORE:format(pattern)
end

return core_files
