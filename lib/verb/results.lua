--- results: which runs are kept in results/, and `moonrig results`, which shows them and removes the others.
---
--- A run stays that goes on, that `latest` means, or in which some case failed for the last time: those are never
--- removed. Of the others one goes that is too old, a failure's time being longer; then, until so many are left and
--- they take no more than that, the oldest, passes before failures.

local engine = require "engine"
local fail = require "base.fail"
local run_store = require "results.run_store"
local history_db = require "results.history_db"
local results_verbs = require "verb.results_verbs"
local paths = require "base.paths"
local report = require "report.report"
local ui = require "report.ui"

local results = {}

local DAY, MEBIBYTE = 86400, 2 ^ 20

local BAD = { FAIL = true, ERROR = true, XPASS = true, FLAKY = true }

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
function results.plan(runs, limits)
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
function results.limits(o)
  local out = {}
  for _, limit in ipairs(results_verbs.LIMITS) do
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
    if BAD[case.status] then out[#out + 1] = ("%s/%s"):format(tostring(case.plan), tostring(case.name)) end
  end
  return out
end

--- The runs below `base`, the oldest first, as keeping.plan takes them, with `folder` and `totals`; and an array of
--- words on those that cannot be read, which are nobody's to remove.
function results.runs(base)
  local latest, now = engine.fs.realpath(base .. "/latest"), engine.time()
  local out, odd = {}, {}
  for _, id in ipairs(run_store.list(base)) do
    local folder = ("%s/%s"):format(base, id)
    local is_under_way = run_store.is_under_way(folder)
    local run, why = run_store.read(folder)
    if run then
      out[#out + 1] = { id = id, folder = folder, age = now - run_store.time_of(id), size = size_of(folder),
        failed = failed_in(run), totals = report.totals(run), count = #run.cases, is_under_way = is_under_way,
        is_killed = run.is_killed and not is_under_way, is_latest = engine.fs.realpath(folder) == latest }
    elseif why then
      odd[#odd + 1] = why
    end
  end
  return out, odd
end

-- ---- what a person reads ----

local STATUSES = { "PASS", "FAIL", "ERROR", "FLAKY", "XPASS", "XFAIL", "SKIP" }

local function totals_words(run)
  local words = {}
  for _, status in ipairs(STATUSES) do
    if run.totals[status] > 0 then words[#words + 1] = ("%d %s"):format(run.totals[status], status) end
  end
  if run.is_under_way then words[#words + 1] = "goes on" end
  if run.is_killed then words[#words + 1] = "was killed" end
  if run.is_latest then words[#words + 1] = "latest" end
  return table.concat(words, ", ")
end

local AGES = { { DAY, "d" }, { 3600, "h" }, { 60, "min" } }

local function age_words(seconds)
  for _, unit in ipairs(AGES) do
    if seconds >= unit[1] then return ("%.0f %s"):format(math.floor(seconds / unit[1]), unit[2]) end
  end
  return ("%.0f s"):format(math.max(0, seconds))
end

local function line_of(run)
  return ("%s  %8s  %9.2f MiB"):format(run.id, age_words(run.age), run.size / MEBIBYTE)
end

local function count_words(runs)
  local size = 0
  for _, run in ipairs(runs) do size = size + run.size end
  return ("%d %s, %.2f MiB"):format(#runs, #runs == 1 and "run" or "runs", size / MEBIBYTE)
end

local function show(base, runs, limits, term)
  for _, run in ipairs(runs) do term:line(("%s  %s"):format(line_of(run), totals_words(run))) end
  local excess = #results.plan(runs, limits)
  term:line(("%s in %s; `moonrig results prune` would remove %d"):format(count_words(runs), base, excess))
  return 0
end

-- ---- removing ----

local REMOVED = ".removed-"

-- Under another name first: a removal that is broken off leaves nothing that looks like a run. True, or nil and why.
local function remove(base, run)
  if run_store.is_under_way(run.folder) then return nil, "it goes on" end
  local away = ("%s/%s%s"):format(base, REMOVED, run.id)
  local ok, err = engine.fs.rename(run.folder, away)
  if ok then ok, err = engine.fs.rmtree(away) end
  return ok, err and err.what
end

-- What a removal that was broken off left.
local function sweep(base)
  for _, name in ipairs(engine.fs.list(base) or {}) do
    local path = ("%s/%s"):format(base, name)
    local is_ours = name:sub(1, #REMOVED) == REMOVED and run_store.is_id(name:sub(#REMOVED + 1))
    if is_ours and engine.fs.stat(path, true).type == "dir" then engine.fs.rmtree(path) end
  end
end

-- What they told stays in the history.
local function remember(base, term)
  local ok, book = pcall(history_db.open, base)
  if not ok and fail.code(book) ~= "ENOPKG" then error(book, 0) end
  if not ok then return term:line("note: what they told is gone with them: " .. book.what) end
  local done, err = pcall(book.update, book)
  book:close()
  if not done then error(err, 0) end
end

local function prune(base, runs, limits, term, is_dry)
  local plan, status, gone = results.plan(runs, limits), 0, {}
  if #plan > 0 and not is_dry then
    sweep(base)
    remember(base, term)
  end
  for _, one in ipairs(plan) do
    local ok, why = true, nil
    if not is_dry then ok, why = remove(base, one.run) end
    local verb = not ok and "kept" or is_dry and "would remove" or "removed"
    term:line(("%s %s  %s"):format(verb, line_of(one.run), ok and one.why or why))
    if ok then gone[#gone + 1] = one.run else status = 3 end
  end
  term:line(("%s %s; %d of %d stay"):format(is_dry and "would remove" or "removed", count_words(gone), #runs - #gone,
    #runs))
  return status
end

--- The verb. o: { what = "show" or "prune", dry_run, out, and results_verbs.LIMITS' }.
function results.main(o)
  local base, term = o.out or (paths.results()), ui.terminal()
  local limits = results.limits(o)
  if not engine.fs.stat(base) then
    fail.raise("ENOENT", "results", ("there are no results in %s yet"):format(base))
  end
  local runs, odd = results.runs(base)
  for _, why in ipairs(odd) do term:line("note: left alone: " .. why) end
  if o.what == "prune" then return prune(base, runs, limits, term, o.dry_run) end
  return show(base, runs, limits, term)
end

return results
