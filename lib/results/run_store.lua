--- run_store: runs' folders below results/: which there are, since when, whether one goes on, and what one tells.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local run_store = {}

run_store.RESULTS = "results.json"

-- What each run has from its beginning; locked for as long as it goes on.
local TIMELINE = "timeline.jsonl"

-- A run has its lock by then.
local FRESH_SECONDS = 60

--- Is it the name of a run's folder?
function run_store.is_id(name)
  return name:find "^%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ%-%d+$" ~= nil
end

--- Did run `a` begin before run `b`, by their names? Of one second the tenth is behind the second.
function run_store.is_before(a, b)
  local s, n = a:match "^(.*)%-(%d+)$"
  local t, m = b:match "^(.*)%-(%d+)$"
  if s ~= t then return s < t end
  return tonumber(n) < tonumber(m)
end

--- When a run of this name began, in seconds since 1970.
function run_store.time_of(id)
  local y, mo, d, h, mi, s = id:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z"
  y, mo, d = tonumber(y), tonumber(mo), tonumber(d)
  -- days since 1970, by the civil calendar: os.time reads a local time
  local year = mo <= 2 and y - 1 or y
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * ((mo + 9) % 12) + 2) / 5) + d - 1
  local days = era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468
  return ((days * 24 + tonumber(h)) * 60 + tonumber(mi)) * 60 + tonumber(s)
end

--- Says, until kept.release or this process's end, that the run in a folder goes on. Never waits; nil where it cannot
--- be said.
function run_store.hold(folder)
  return (engine.fs.lock(("%s/%s"):format(folder, TIMELINE)))
end

--- It is over.
function run_store.release(lock)
  if lock then engine.fs.unlock(lock) end
end

--- Does the run in a folder go on? A young one without results is taken to.
function run_store.is_under_way(folder)
  local st = engine.fs.stat(("%s/%s"):format(folder, TIMELINE))
  if not st or engine.fs.stat(("%s/%s"):format(folder, run_store.RESULTS)) then return false end
  if engine.time() - run_store.time_of(folder:match "[^/]+$") < FRESH_SECONDS then return true end
  local lock, err = run_store.hold(folder)
  run_store.release(lock)
  return not lock and err == nil
end

--- The runs' folders below `base`, their names, the oldest first. What is no run's is left out: other folders, links.
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

--- What a case's recording begins with (recorder.start's `head`); nil where there is none in a folder.
function run_store.told(dir)
  local f = io.open(dir .. "/recording.jsonl", "rb")
  if not f then return nil end
  local line = engine.json.decode(f:read "*l" or "")
  f:close()
  local told = type(line) == "table" and type(line.head) == "table" and line.head[1]
  return type(told) == "table" and type(told.spec) == "table" and told or nil
end

-- A case by its folder alone.
local function case_in(dir)
  local told = run_store.told(dir)
  local spec = told and told.spec
  local plan, name = tostring(spec and spec.id):match "^(.*)/(.*)$"
  if not plan then return nil end
  local result = engine.json.decode(paths.read(dir .. "/result.json") or "")
  local case = type(result) == "table" and result
    or { status = "ERROR", reason = "its worker left no result", seconds = 0 }
  case.plan, case.name, case.dir, case.file = plan, name, dir, spec.file
  return case
end

local function cases_in(folder)
  local cases, names = {}, engine.fs.list(folder) or {}
  table.sort(names)
  for _, name in ipairs(names) do cases[#cases + 1] = case_in(("%s/%s"):format(folder, name)) end
  return cases
end

--- What a run's folder tells: results.json as a table; or what its cases left, where its supervisor was killed before
--- it wrote that (is_killed). Nil where it is no run's; nil and why, where it cannot be read.
function run_store.read(folder)
  local text = paths.read(("%s/%s"):format(folder, run_store.RESULTS))
  local run, why = nil, nil
  if text then run, why = engine.json.decode(text) end
  if type(run) == "table" and type(run.cases) == "table" then return run end
  if text then return nil, ("%s/%s is no run's%s"):format(folder, run_store.RESULTS, why and ": " .. why or "") end
  local cases = cases_in(folder)
  local id = folder:match "[^/]+$"
  local is_run = #cases > 0 or engine.fs.stat(("%s/%s"):format(folder, TIMELINE))
  if is_run then return { id = id, cases = cases, is_killed = true } end
end

--- As kept.read, or of a case's folder the one case; second value: the folder that cases are below. Nil where it is
--- neither; raises, in the name of `op`, where results.json cannot be read.
function run_store.read_any(folder, op)
  local run, why = run_store.read(folder)
  if run and not (run.is_killed and #run.cases == 0) then return run, folder end
  if why then fail.raise("EBADMSG", op, why) end
  local one = case_in(folder)
  if one then return { cases = { one } }, folder .. "/.." end
end

return run_store
