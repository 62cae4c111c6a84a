--- retention: which runs stay in results/, and which `moonrig results prune` removes.
---
--- A run stays that goes on, that `latest` means, or in which some case failed for the last time: those are never
--- removed. Of the others one goes that is too old, a failure's time being longer; then, until so many are left and
--- they take no more than that, the oldest, passes before failures.

local engine = require "engine"
local fail = require "base.fail"
local run_folder = require "results.run_folder"
local run_store = require "results.run_store"
local verdicts = require "base.verdicts"

local retention = {}

local DAY, MEBIBYTE = 86400, 2 ^ 20

--- Each limit as an option and as a variable.
retention.LIMITS = {
  { name = "runs", option = "--runs", variable = "MOONRIG_KEEP_RUNS", default = 200, argname = "<n>",
    about = "Runs that are kept" },
  { name = "days", option = "--days", variable = "MOONRIG_KEEP_DAYS", default = 30, argname = "<days>",
    about = "Days that a run is kept" },
  { name = "failed_days", option = "--failed-days", variable = "MOONRIG_KEEP_FAILED_DAYS", default = 90,
    argname = "<days>", about = "Days for one in which something failed" },
  { name = "size", option = "--size", variable = "MOONRIG_KEEP_SIZE", default = 10240, argname = "<mib>",
    about = "MiB that all may take" },
}

-- ---- the rule ----

-- Of each case the newest run in which it failed. `runs`: the oldest first.
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

-- The first to go, first: passes before failures, each the oldest first.
local function in_turn(runs)
  local out = {}
  for _, has_failed in ipairs { false, true } do
    for _, run in ipairs(runs) do
      if (#run.failed > 0) == has_failed then out[#out + 1] = run end
    end
  end
  return out
end

--- Which of `runs` (the oldest first: { id, age (s), size (bytes), failed (array of names), is_under_way, is_latest })
--- go, by `limits` = { runs, days, failed_days, size (MiB) }: array of { run, why }, in their turn.
function retention.plan(runs, limits)
  mark_last_failures(runs)
  local out, rest, count, size = {}, {}, #runs, 0
  for _, run in ipairs(runs) do size = size + run.size end
  local function go(run, why)
    out[#out + 1] = { run = run, why = why }
    count, size = count - 1, size - run.size
  end
  for _, run in ipairs(runs) do
    local is_safe = run.is_under_way or run.is_latest or run.is_last_failure
    local why = not is_safe and too_old(run, limits)
    if why then go(run, why) elseif not is_safe then rest[#rest + 1] = run end
  end
  for _, run in ipairs(in_turn(rest)) do
    if count > limits.runs then
      go(run, ("more than %d runs"):format(limits.runs))
    elseif size > limits.size * MEBIBYTE then
      go(run, ("all take more than %d MiB"):format(limits.size))
    end
  end
  return out
end

--- The limits: an option's, else a variable's, else the default. Raises for a variable that is no number.
function retention.limits(o)
  local out = {}
  for _, limit in ipairs(retention.LIMITS) do
    local text = os.getenv(limit.variable)
    local number = tonumber(text)
    if text and text ~= "" and not (number and number >= 0 and number % 1 == 0) then
      fail.raise("EINVAL", "results", ("$%s is a whole number, not %q"):format(limit.variable, text))
    end
    out[limit.name] = o[limit.name] or number or limit.default
  end
  return out
end

-- ---- what there is ----

-- What a tree takes on disk; links are not followed.
local function size_of(path)
  local st = engine.fs.stat(path, true)
  if not st then return 0 end
  local sum = st.taken
  if st.type ~= "dir" then return sum end
  for _, name in ipairs(engine.fs.list(path) or {}) do sum = sum + size_of(("%s/%s"):format(path, name)) end
  return sum
end

local function failed_in(run)
  local out = {}
  for _, case in ipairs(run.cases) do
    if verdicts.of(case.status).exit ~= 0 then out[#out + 1] = run_folder.label(case) end
  end
  return out
end

--- The runs below `base`, the oldest first, as retention.plan takes them, with `folder` and `totals`; and an array of
--- notes on those that cannot be read: they are not removed.
function retention.runs(base)
  local latest, now = engine.fs.realpath(base .. "/latest"), engine.time()
  local out, odd = {}, {}
  for _, id in ipairs(run_store.list(base)) do
    local folder = ("%s/%s"):format(base, id)
    local is_under_way = run_store.is_under_way(folder)
    local run, why = run_store.read(folder)
    if run then
      out[#out + 1] = { id = id, folder = folder, age = now - run_store.time_of(id), size = size_of(folder),
        failed = failed_in(run), totals = verdicts.totals(run.cases), count = #run.cases, is_under_way = is_under_way,
        is_killed = run.is_killed and not is_under_way, is_latest = engine.fs.realpath(folder) == latest }
    elseif why then
      odd[#odd + 1] = why
    end
  end
  return out, odd
end

return retention
