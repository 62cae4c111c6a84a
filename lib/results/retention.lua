--- retention: the runs that `moonrig results prune` removes.
---
--- It never removes a run in progress, the latest run, or a run with the last failure of a case. Of the others it
--- removes first those that are too old; failed runs have a longer time. Then it removes the oldest, passed runs before
--- failed ones, until the limits of number and size are met.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local run_folder = require "results.run_folder"
local run_store = require "results.run_store"
local verdicts = require "base.verdicts"

local retention = {}

local DAY, MEBIBYTE = 86400, 2 ^ 20

--- Each limit as an option and as a variable.
retention.LIMITS = {
  { name = "runs", option = "--runs", variable = "MOONRIG_KEEP_RUNS", default = 200, argname = "<n>",
    about = "Runs to keep" },
  { name = "days", option = "--days", variable = "MOONRIG_KEEP_DAYS", default = 30, argname = "<days>",
    about = "Days to keep a run" },
  { name = "failed_days", option = "--failed-days", variable = "MOONRIG_KEEP_FAILED_DAYS", default = 90,
    argname = "<days>", about = "Days to keep a failed run" },
  { name = "size", option = "--size", variable = "MOONRIG_KEEP_SIZE", default = 10240, argname = "<mib>",
    about = "MiB for all runs" },
}

-- ---- the rule ----

-- Marks the newest run in which a case failed, for each case. `runs`: the oldest first.
local function mark_last_failures(runs)
  local seen = {}
  for i = #runs, 1, -1 do
    for _, name in ipairs(runs[i].failed) do
      if not seen[name] then runs[i].is_last_failure = true end
      seen[name] = true
    end
  end
end

local function too_old(run, limits)
  local days = #run.failed > 0 and math.max(limits.days, limits.failed_days) or limits.days
  return run.age > days * DAY and ("older than %d days"):format(days) or nil
end

-- Passed runs before failed ones, each the oldest first.
local function in_order(runs)
  local out = {}
  for _, has_failed in ipairs { false, true } do
    for _, run in ipairs(runs) do
      if (#run.failed > 0) == has_failed then out[#out + 1] = run end
    end
  end
  return out
end

--- The runs to remove, in order: array of { run, why }. `runs`: the oldest first, { id, age (s), size (bytes), failed
--- (array of names), is_running, is_latest }; `limits`: { runs, days, failed_days, size (MiB) }.
function retention.plan(runs, limits)
  mark_last_failures(runs)
  local out, rest, count, size = {}, {}, #runs, 0
  for _, run in ipairs(runs) do size = size + run.size end
  local function remove(run, why)
    out[#out + 1] = { run = run, why = why }
    count, size = count - 1, size - run.size
  end
  for _, run in ipairs(runs) do
    local is_safe = run.is_running or run.is_latest or run.is_last_failure
    local why = not is_safe and too_old(run, limits)
    if why then remove(run, why) elseif not is_safe then rest[#rest + 1] = run end
  end
  for _, run in ipairs(in_order(rest)) do
    if count > limits.runs then
      remove(run, ("more than %d runs"):format(limits.runs))
    elseif size > limits.size * MEBIBYTE then
      remove(run, ("all take more than %d MiB"):format(limits.size))
    end
  end
  return out
end

--- The limits: from an option, else from the environment, else the default. Raises for a variable that is no number.
function retention.limits(o)
  local out = {}
  for _, limit in ipairs(retention.LIMITS) do
    local text = os.getenv(limit.variable)
    local number = tonumber(text)
    if text and text ~= "" and not (number and number >= 0 and number % 1 == 0) then
      fail.raise("EINVAL", "results", ("$%s: expected a whole number, got %q"):format(limit.variable, text))
    end
    out[limit.name] = o[limit.name] or number or limit.default
  end
  return out
end

-- ---- the runs ----

-- Bytes of a tree on disk; links are not followed.
local function size_of(path)
  local st = engine.fs.stat(path, true)
  local sum = st and st.taken or 0
  paths.walk(path, function(_, below) sum = sum + below.taken end)
  return sum
end

local function failed_in(run)
  local out = {}
  for _, case in ipairs(run.cases) do
    if verdicts.of(case.status).exit ~= 0 then out[#out + 1] = run_folder.label(case) end
  end
  return out
end

--- The runs below `base` for retention.plan, the oldest first, each with `folder`, `totals`, `count` (of cases) and
--- is_killed; and an array of errors of those that cannot be read, which are never removed.
function retention.runs(base)
  local latest, now = engine.fs.realpath(base .. "/latest"), engine.time()
  local out, errors = {}, {}
  for _, id in ipairs(run_store.list(base)) do
    local folder = ("%s/%s"):format(base, id)
    local is_running = run_store.is_running(folder)
    local run, why = run_store.read(folder)
    if run then
      out[#out + 1] = { id = id, folder = folder, age = now - run_store.time_of(id), size = size_of(folder),
        failed = failed_in(run), totals = verdicts.totals(run.cases), count = #run.cases, is_running = is_running,
        is_killed = run.is_killed and not is_running, is_latest = engine.fs.realpath(folder) == latest }
    elseif why then
      errors[#errors + 1] = why
    end
  end
  return out, errors
end

return retention
