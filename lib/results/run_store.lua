--- run_store: the run folders below results/: their names and times, which run is in progress, and their results.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local run_store = {}

run_store.RESULTS = "results.json"
run_store.PAGE = "report.html"

-- A run makes it at its start, and holds its lock until its end.
local TIMELINE = "timeline.jsonl"

-- By then a run holds its lock.
local FRESH_SECONDS = 60

--- Is it the name of a run's folder?
function run_store.is_id(name)
  return name:find "^%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ%-%d+$" ~= nil
end

--- Did run `a` begin before run `b`, by their names? Run -2 of a second is before run -10.
function run_store.is_before(a, b)
  local s, n = a:match "^(.*)%-(%d+)$"
  local t, m = b:match "^(.*)%-(%d+)$"
  if s ~= t then return s < t end
  return tonumber(n) < tonumber(m)
end

--- The start of a run, by its name, in seconds since 1970.
function run_store.time_of(id)
  local y, mo, d, h, mi, s = id:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z"
  -- days since 1970, with years that begin in March: os.time reads a local time
  local year = mo + 0 <= 2 and y - 1 or y + 0
  local days = 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + math.floor((153 * ((mo + 9) % 12) + 2) / 5) + d - 1 - 719468
  return ((days * 24 + h) * 60 + mi) * 60 + s
end

--- Marks the run of a folder as in progress, until run_store.release or the end of this process. Never waits; nil where
--- the folder cannot be locked.
function run_store.hold(folder)
  return (engine.fs.lock(("%s/%s"):format(folder, TIMELINE)))
end

--- The run is over.
function run_store.release(lock)
  if lock then engine.fs.unlock(lock) end
end

--- Is the run of a folder in progress? A young one without results counts as such.
function run_store.is_running(folder)
  local st = engine.fs.stat(("%s/%s"):format(folder, TIMELINE))
  if not st or engine.fs.stat(("%s/%s"):format(folder, run_store.RESULTS)) then return false end
  if engine.time() - run_store.time_of(folder:match "[^/]+$") < FRESH_SECONDS then return true end
  local lock, err = run_store.hold(folder)
  run_store.release(lock)
  return not lock and err == nil
end

--- The names of the run folders below `base`, the oldest first, without links and other folders.
function run_store.list(base)
  local out = {}
  for _, name in ipairs(engine.fs.list(base) or {}) do
    local st = run_store.is_id(name) and engine.fs.stat(("%s/%s"):format(base, name), true)
    local is_run = st and st.type == "dir" and (engine.fs.stat(("%s/%s/%s"):format(base, name, run_store.RESULTS))
      or engine.fs.stat(("%s/%s/%s"):format(base, name, TIMELINE)))
    if is_run then out[#out + 1] = name end
  end
  table.sort(out, run_store.is_before)
  return out
end

--- The facts at the start of a case's recording (recorder.start); nil where a folder has none.
function run_store.case_facts(dir)
  local f = io.open(dir .. "/recording.jsonl", "rb")
  if not f then return nil end
  local line = engine.json.decode(f:read "*l" or "")
  f:close()
  local told = type(line) == "table" and type(line.head) == "table" and line.head[1]
  return type(told) == "table" and type(told.spec) == "table" and told or nil
end

-- The case of a folder, without results.json.
local function case_in(dir)
  local facts = run_store.case_facts(dir)
  local spec = facts and facts.spec
  -- a cell's text may have a slash, a plan has none
  local plan, name = tostring(spec and spec.id):match "^([^/]*)/(.*)$"
  if not plan then return nil end
  local case = paths.read_table(dir .. "/result.json")
    or { status = "ERROR", reason = "its worker left no result", seconds = 0 }
  case.plan, case.name, case.dir, case.file = plan, name, dir, spec.file
  return case
end

local function cases_in(folder)
  local cases = {}
  for _, name in ipairs(engine.fs.list(folder) or {}) do cases[#cases + 1] = case_in(("%s/%s"):format(folder, name)) end
  return cases
end

--- The results of a run folder: results.json as a table. Where the supervisor was killed before it wrote that: the
--- results of the cases, with is_killed. Nil: it is no run folder. Nil and why: it cannot be read.
function run_store.read(folder)
  local text = paths.read(("%s/%s"):format(folder, run_store.RESULTS))
  local run, why
  if text then run, why = engine.json.decode(text) end
  if type(run) == "table" and type(run.cases) == "table" then return run end
  if text then return nil, ("%s/%s holds no run%s"):format(folder, run_store.RESULTS, why and ": " .. why or "") end
  local cases = cases_in(folder)
  local id = folder:match "[^/]+$"
  local is_run = #cases > 0 or engine.fs.stat(("%s/%s"):format(folder, TIMELINE))
  if is_run then return { id = id, cases = cases, is_killed = true } end
end

--- As run_store.read, or a run of the one case of a case's folder; and the folder that cases are below. Nil: it is
--- neither. Raises, in the name of `op`, where results.json cannot be read.
function run_store.read_any(folder, op)
  local run, why = run_store.read(folder)
  if run and not (run.is_killed and #run.cases == 0) then return run, folder end
  if why then fail.raise("EBADMSG", op, why) end
  local one = case_in(folder)
  if one then return { cases = { one } }, folder .. "/.." end
end

return run_store
