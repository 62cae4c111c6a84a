--- faulty: a program with faults on request (programs/faulty.c), compiled for a spec.

local engine = require "engine"

local faulty = {}

--- Compiles it into a folder, with these more words for gcc. Returns its path.
function faulty.compile(folder, ...)
  local path = folder .. "/faulty"
  local argv = { "gcc", "-g", "-O0", "-o", path, engine.home() .. "/test/specs/programs/faulty.c", ... }
  local r = assert(engine.here():run(argv, { timeout = 60 }))
  assert(r.code == 0, r.err)
  return path
end

--- Steps of a scenario: the program is started as `faulty`, and reads these lines.
function faulty.steps(path, lines, node)
  local out = { ([[
    local faulty = %s:mp { program = %q, name = "faulty", ready = "\nfaulty> ", quit = "quit", echo = false,
      hugepages = false }
    t:equal(1, 1, "one")]]):format(node or "t", path) }
  for _, line in ipairs(lines) do
    out[#out + 1] = line:find "[(:]" and line or ("faulty:command(%q)"):format(line)
  end
  return table.concat(out, "\n")
end

--- Do programs leave cores in their folder here, and is there a program that reads them?
function faulty.leaves_cores()
  local f = io.open "/proc/sys/kernel/core_pattern"
  local pattern = f and f:read "*l" or "|"
  if f then f:close() end
  local r = engine.here():run { "sh", "-c", 'test "$(ulimit -Hc)" != 0 && command -v gdb' }
  return pattern:sub(1, 1) ~= "|" and r.code == 0
end

return faulty
