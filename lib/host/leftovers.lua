--- leftovers: processes, files and DPDK's runtime folders that a finished run has left.
---
--- The run must have its own $TMPDIR, by which its processes are found.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local leftovers = {}

local GONE_SECONDS = 5

-- A file of an exiting process is empty, or gone.
local function read(path) return paths.read(path) or "" end

--- The processes that were started with this $TMPDIR: { { pid, name, parent }, ... }.
function leftovers.processes(tmp)
  local found = {}
  for _, pid in ipairs(engine.fs.list "/proc") do
    local environ = pid:match "^%d+$" and "\0" .. read("/proc/" .. pid .. "/environ")
    if environ and environ:find("\0TMPDIR=" .. tmp .. "\0", 1, true) then
      local stat = read("/proc/" .. pid .. "/stat")
      local status, parent = stat:match "%) (%S) (%d+)"
      if status and status ~= "Z" then
        found[#found + 1] = { pid = tonumber(pid), parent = tonumber(parent), name = stat:match "%((.*)%)" }
      end
    end
  end
  return found
end

local function find(tmp, is_ours)
  local found = {}
  for _, name in ipairs(engine.fs.list "/var/run/dpdk" or {}) do
    if is_ours(name) then found[#found + 1] = "folder /var/run/dpdk/" .. name end
  end
  for _, p in ipairs(leftovers.processes(tmp)) do found[#found + 1] = ("process %d %s"):format(p.pid, p.name) end
  for _, name in ipairs(engine.fs.list(tmp) or {}) do found[#found + 1] = "file " .. tmp .. "/" .. name end
  return found
end

--- What a run with this $TMPDIR has left after 5 s: an array of texts, empty if nothing; and the seconds until nothing
--- was left. is_ours(name): is this one of the run's folders in EAL's runtime folder?
function leftovers.await(tmp, is_ours)
  local since = engine.now()
  local left
  repeat
    left = find(tmp, is_ours)
    if #left == 0 then break end
    fail.check(engine.elapse(0.05))
  until engine.now() - since > GONE_SECONDS
  return left, engine.now() - since
end

--- Kills the processes that are left.
function leftovers.kill(tmp)
  local here = engine.here()
  for _, p in ipairs(leftovers.processes(tmp)) do pcall(here.run, here, { "kill", "-KILL", tostring(p.pid) }) end
end

return leftovers
