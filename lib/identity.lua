--- identity: which file a program on this machine is, as the kernel knows it.

local engine = require "engine"
local paths = require "paths"

local identity = {}

-- A hash of the largest program, QEMU's, takes less than a tenth of it.
local HASH_SECONDS = 20

local function base(path)
  return path:match "[^/]+$"
end

-- By path, size and time: a case starts a program many times.
local hashes = {}

-- Of what runs, and not of what stands at its path by now.
local function hash_of(exe)
  local st, path = engine.fs.stat(exe), engine.fs.realpath(exe)
  local key = st and path and ("%s\0%.0f\0%.6f"):format(path, st.size, st.mtime)
  if not key then return nil end
  if not hashes[key] then
    local r = engine.here():run({ "sha256sum", exe }, { timeout = HASH_SECONDS })
    hashes[key] = r and r.code == 0 and r.out:match "^%x+" or nil
  end
  return hashes[key]
end

-- Words where what was found at `at` is not what runs.
local function difference(program, at, path)
  local found = at and engine.fs.realpath(at)
  if found ~= path then return ("%s is %s (a wrapper at %s)"):format(base(program), path, at or "an unknown place") end
  if base(path) ~= base(program) then return ("%s is %s (a link at %s)"):format(base(program), path, at) end
end

--- Records in the case's result which file a console's program is, where it runs on this machine; a notice says
--- that it is another than what was asked for. `program`: as asked for; `at`: where it was found, if elsewhere than
--- in $PATH. Returns the record: { name, program, path, sha256 }; `path` and `sha256` are not there where the
--- program is gone already.
function identity.record(ctx, node, console, program, at)
  if not node:is_here() then return nil end
  at = at or program
  if not at:find "/" then at = paths.program(at) end
  local exe = ("/proc/%d/exe"):format(console:pid())
  local record = { name = console:name(), program = program, path = engine.fs.realpath(exe), sha256 = hash_of(exe) }
  ctx.program(record)
  local words = record.path and difference(program, at, record.path)
  if words then ctx.notice(words) end
  return record
end

return identity
