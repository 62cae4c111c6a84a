--- replay_verb: `moonrig replay`: a run's cases again, from what they left; is each as it was recorded?

local engine = require "engine"
local fail = require "fail"
local paths = require "paths"
local record = require "record"
local replay = require "replay"
local ui = require "ui"

local replay_verb = {}

local RESULTS = "results.json"

-- A case by its folder alone.
local function case_in(dir)
  local ok, rec = pcall(record.load, dir)
  if not ok then return nil end
  local plan, name = rec.told.spec.id:match "^(.*)/(.*)$"
  local result = engine.json.decode(paths.read(dir .. "/result.json") or "")
  if type(result) ~= "table" then result = { status = "ERROR", reason = "its worker left no result" } end
  return { plan = plan, name = name, dir = dir, file = rec.told.spec.file, status = result.status,
    reason = result.reason, seconds = result.seconds }
end

-- The run in a folder: its results; what its cases left, where its supervisor was killed before it wrote them; or the
-- one case whose folder it is. Nil where it is none of them.
local function run_in(folder)
  local text = paths.read(("%s/%s"):format(folder, RESULTS))
  local run = text and engine.json.decode(text)
  if type(run) == "table" and type(run.cases) == "table" then return run, folder end
  if text then fail.raise("EBADMSG", "replay", ("%s/%s is no run's"):format(folder, RESULTS)) end
  local one = case_in(folder)
  if one then return { cases = { one } }, folder .. "/.." end
  local cases, names = {}, engine.fs.list(folder) or {}
  table.sort(names)
  for _, name in ipairs(names) do cases[#cases + 1] = case_in(("%s/%s"):format(folder, name)) end
  if #cases > 0 then return { cases = cases }, folder end
end

-- The run that is meant, and its folder: a path, or a name below results/.
local function find(word)
  local base = paths.results()
  if not word then word = "latest" end
  for _, folder in ipairs { word, base .. "/" .. word } do
    local path = engine.fs.realpath(folder)
    local run, at = nil, nil
    if path then run, at = run_in(path) end
    if run then return run, at end
  end
  fail.raise("ENOENT", "replay", ("neither %s nor %s/%s is a run's folder: it has a %s"):format(word, base, word,
    RESULTS))
end

local function label(case) return ("%s/%s"):format(tostring(case.plan), tostring(case.name)) end

local function selected(run, pattern)
  local out = {}
  for _, case in ipairs(run.cases) do
    if not pattern or label(case):find(pattern, 1, true) then out[#out + 1] = case end
  end
  return out
end

-- What was recorded of a case: its worker's result; what the supervisor knew, where it left none.
local function recorded(case, dir)
  local result = engine.json.decode(paths.read(dir .. "/result.json") or "")
  if type(result) == "table" then return result end
  return case
end

-- { status, reason, words = why it is not as recorded or nil, is_edited }
local function outcome_of(case, dir, o)
  local was = recorded(case, dir)
  local ok, r = pcall(replay.case, dir, o)
  if not ok then
    if fail.is_interruption(r) then error(r, 0) end
    return { status = "ERROR", reason = tostring(r), words = "it cannot be replayed" }
  end
  if r.result then
    return { status = r.result.status, reason = r.result.reason, is_edited = r.is_edited,
      words = replay.difference(was, r.result) }
  end
  -- a worker that was killed left no result, and its record breaks off
  local is_lost = r.how == "ends" and was == case
  return { status = "ERROR", reason = is_lost and ("%s; %s"):format(tostring(case.reason), r.departure) or r.departure,
    is_edited = r.is_edited, words = not is_lost and "recorded " .. tostring(was.status) or nil }
end

local function tell(term, case, out, seconds)
  local words = out.words and "not as recorded: " .. out.words or "as recorded"
  term:line(("%s %s  %s (%.1f s then, %.2f s now)"):format(term:verdict(out.status, 5), label(case), words,
    tonumber(case.seconds) or 0, seconds))
  for line in tostring(out.status ~= "PASS" and out.reason or ""):gmatch "[^\n]+" do term:line("      " .. line) end
  if out.is_edited then
    term:line(("      note: %s was edited since; --recorded replays it as it ran"):format(tostring(case.file)))
  end
end

local function replay_one(case, folder, o, term)
  local since = engine.now()
  local dir = type(case.dir) == "string" and ("%s/%s"):format(folder, case.dir:match "[^/]+$")
  local out
  if dir then
    out = outcome_of(case, dir, o)
  else
    out = { status = case.status, reason = ("it was not run, there is nothing to replay: %s"):format(
      tostring(case.reason)) }
  end
  tell(term, case, out, engine.now() - since)
  return out
end

local BAD = { FAIL = 1, XPASS = 1, ERROR = 3 }

-- As the run's own exit status.
local function exit_status(run, outs)
  local worst, same = 0, 0
  for _, out in ipairs(outs) do
    worst = math.max(worst, BAD[out.status] or 0)
    same = same + (out.words and 0 or 1)
  end
  if run.interrupted and same == #outs then worst = 2 end
  return worst, same
end

--- The verb. o: { run, pattern, recorded }. Returns the exit status of the replayed run.
function replay_verb.main(o)
  local run, folder = find(o.run)
  local cases, outs, term, since = selected(run, o.pattern), {}, ui.terminal(), engine.now()
  if #cases == 0 then
    fail.raise("NOTHING", "replay", ("no case of %s is selected"):format(folder))
  end
  for i, case in ipairs(cases) do outs[i] = replay_one(case, folder, { recorded = o.recorded }, term) end
  local status, same = exit_status(run, outs)
  term:line(("%d replayed, %d as recorded, %d not, in %.2f s"):format(#outs, same, #outs - same, engine.now() - since))
  return status
end

return replay_verb
