--- core_store: cores that are kept with a case's results, up to a limit for all of a run.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local core_store = {}

-- MiB a run.
local VARIABLE, LIMIT = "MOONRIG_CORES", 256
local MEBIBYTE = 2 ^ 20

local COPY_SECONDS = 10

local TOO_LARGE = "the core (%s) is not kept: the limit is %s a run ($%s), and %s are kept"

--- The limit in MiB; $MOONRIG_CORES, or 256.
function core_store.limit()
  local text = paths.env(VARIABLE)
  local number = tonumber(text)
  if text and not (number and number >= 0) then
    fail.raise("EINVAL", "cores", ("$%s: expected a number of MiB, got %q"):format(VARIABLE, text))
  end
  return number or LIMIT
end

-- Bytes on disk of the cores of all cases of a run.
local function kept_in(run)
  local sum = 0
  for _, case in ipairs(engine.fs.list(run) or {}) do
    local folder = ("%s/%s/files"):format(run, case)
    for _, name in ipairs(engine.fs.list(folder) or {}) do
      local st = name:find "^core%." and engine.fs.stat(folder .. "/" .. name)
      sum = sum + (st and st.taken or 0)
    end
  end
  return sum
end

local function mebibytes(bytes) return ("%.1f MiB"):format(bytes / MEBIBYTE) end

local function move(from, dir, name, taken)
  local folder = paths.make(dir .. "/files")
  local r = engine.here():run({ "mv", from, ("%s/%s"):format(folder, name) }, { timeout = COPY_SECONDS })
  if r.code ~= 0 then return "the core is not kept: " .. (r.err:match "[^\n]+" or "mv failed") end
  return ("core: files/%s (%s)"):format(name, mebibytes(taken))
end

--- Keeps a core in a case's folder (nil: there is none). Returns what became of it, as a text.
function core_store.keep(dir, path, name)
  if not dir then return "the core is not kept: this case has no folder of results" end
  local before, here = kept_in(dir:match "^(.*)/" or "."), engine.here()
  -- in place of a hole, a core of the kernel's may have a page of zeros
  local copy = path .. ".copy"
  local r = here:run({ "cp", "--sparse=always", path, copy }, { timeout = COPY_SECONDS })
  local st = engine.fs.stat(copy)
  if r.code ~= 0 or not st then return "the core is not kept: " .. (r.err:match "[^\n]+" or "cp failed") end
  local most = core_store.limit() * MEBIBYTE
  if before + st.taken > most then
    os.remove(copy)
    return TOO_LARGE:format(mebibytes(st.taken), mebibytes(most), VARIABLE, mebibytes(before))
  end
  return move(copy, dir, "core." .. name, st.taken)
end

return core_store
