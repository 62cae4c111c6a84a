--- case_history: how the cases of a run went in earlier runs, for its report and its summary.

local engine = require "engine"
local run_store = require "results.run_store"
local history_db = require "results.history_db"
local run_folder = require "results.run_folder"
local duration_stats = require "results.duration_stats"

local case_history = {}

-- Verdicts of a case that are shown.
local COUNT = 30
-- The end of a run waits less for new runs to be added than the verb `report`.
local RUN_SECONDS, VERB_SECONDS = 0.05, 1

local function entry_of(row, id)
  return { run = row.run, status = row.status, seconds = row.seconds, round = row.round, own = row.run == id or nil,
    slower = row.is_slower or nil, usual = row.baseline and duration_stats.words(row.baseline),
    median = row.baseline and row.baseline.median }
end

local function read(history, run, id)
  local out = {}
  for _, case in ipairs(run.cases) do
    local label, runs = run_folder.label(case), {}
    local rows = out[label] and {} or history:history(case.plan, case.name, COUNT, id)
    for i, row in ipairs(rows) do runs[i] = entry_of(row, id) end
    if #runs > 1 then out[label] = { runs = runs, rule = duration_stats.RULE } end
  end
  return out
end

-- Without runs before it, or rounds of its own, a run has nothing to compare.
local function has_history(run, base)
  for _, case in ipairs(run.cases) do
    if case.round then return true end
  end
  return #run_store.list(base) > 1
end

--- By PLAN/NAME: { runs (the oldest first: array of { run, status, seconds, round, own (of this run), slower, median,
--- usual (the baseline in words) }), rule (duration_stats.RULE) }. Nil without a history that can be read. `is_new`:
--- the run has just ended; then a missing history.db is made, if there are runs to compare.
function case_history.of(run, folder, is_new)
  -- `folder` may be the link `latest`
  local path = engine.fs.realpath(folder) or folder
  local base, id = path:match "^(.*)/([^/]*)$"
  if not base or not run_store.is_id(id) then return nil end
  -- a report makes no file in a folder where somebody stores single runs
  local is_there = engine.fs.stat(("%s/%s"):format(base, history_db.NAME))
  if not is_there and not (is_new and has_history(run, base)) then return nil end
  local ok, out = pcall(history_db.use, base, is_new and RUN_SECONDS or VERB_SECONDS, function(history)
    return read(history, run, id)
  end)
  return ok and out or nil
end

--- The passes of a finished run that took longer than usual: array of HistoryDb:history's rows, with plan and name.
--- Empty without a history that can be read.
function case_history.slower(run)
  local out = {}
  pcall(history_db.use, run.folder:match "^(.*)/[^/]*$", RUN_SECONDS, function(history)
    for _, case in ipairs(run.cases) do
      for _, row in ipairs(history:history(case.plan, case.name, #run.cases)) do
        row.plan, row.name = case.plan, case.name
        if row.is_slower and row.run == run.id and row.round == case.round then out[#out + 1] = row end
      end
    end
  end)
  return out
end

return case_history
