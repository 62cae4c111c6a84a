--- case_history: how the cases of a run went in the runs up to it, by the history, for its report.

local engine = require "engine"
local run_store = require "results.run_store"
local history_db = require "results.history_db"
local run_folder = require "results.run_folder"
local duration_stats = require "results.duration_stats"

local case_history = {}

-- So many verdicts of a case are shown.
local COUNT = 30
-- A run at its end waits less for what is not in the history yet than who asks for its report.
local RUN_SECONDS, VERB_SECONDS = 0.05, 1

local function entry_of(row, id)
  return { run = row.run, status = row.status, seconds = row.seconds, round = row.round, own = row.run == id or nil,
    slower = row.is_slower or nil, usual = row.usual and duration_stats.words(row.usual),
    median = row.usual and row.usual.median }
end

local function read(base, run, id, seconds)
  local book, out = history_db.open(base), {}
  local ok, err = pcall(function()
    book:update(seconds)
    for _, case in ipairs(run.cases) do
      local label = run_folder.label(case)
      local rows = out[label] and {} or book:trend(case.plan, case.name, COUNT, id)
      local runs = {}
      for i, row in ipairs(rows) do runs[i] = entry_of(row, id) end
      -- one is no trend
      if #runs > 1 then out[label] = { runs = runs, rule = duration_stats.RULE } end
    end
  end)
  book:close()
  if not ok then error(err, 0) end
  return out
end

-- A trend is of more than one: without runs before it, or rounds of its own, a run has none.
local function has_course(run, base)
  for _, case in ipairs(run.cases) do
    if case.round then return true end
  end
  return #run_store.list(base) > 1
end

--- By PLAN/NAME: { runs, the oldest first: array of { run, status, seconds, round, own (of this run), slower, usual
--- (words) and median of what was usual then }, rule (trend.RULE) }. Nil where there is no history, whatever is wrong
--- with it; `is_new`: the run has just ended, and a history that is not there is made, where it has more to tell.
function case_history.of(run, folder, is_new)
  -- by its own name: it may have been told by `latest`
  local path = engine.fs.realpath(folder) or folder
  local base, id = path:match "^(.*)/([^/]*)$"
  if not base or not run_store.is_id(id) then return nil end
  -- a folder that somebody keeps a run in is not to be littered
  local is_there = engine.fs.stat(("%s/%s"):format(base, history_db.NAME))
  if not is_there and not (is_new and has_course(run, base)) then return nil end
  local ok, out = pcall(read, base, run, id, is_new and RUN_SECONDS or VERB_SECONDS)
  return ok and out or nil
end

return case_history
