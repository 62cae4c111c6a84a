--- results: `moonrig results`: lists the runs, and prunes old ones.

local engine = require "engine"
local fail = require "base.fail"
local history_db = require "results.history_db"
local numbers = require "base.numbers"
local paths = require "base.paths"
local retention = require "results.retention"
local run_folder = require "results.run_folder"
local run_store = require "results.run_store"
local ui = require "report.ui"
local verdicts = require "base.verdicts"

local DAY, MEBIBYTE = 86400, 2 ^ 20

local function totals_words(run)
  local words = {}
  for _, verdict in ipairs(verdicts.LIST) do
    local n = run.totals[verdict.name]
    if n > 0 then words[#words + 1] = ("%d %s"):format(n, verdict.name) end
  end
  if run.is_running then words[#words + 1] = "in progress" end
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
  local excess = #retention.plan(runs, limits)
  term:line(("%s in %s; `moonrig results prune` would remove %d"):format(count_words(runs), base, excess))
  return 0
end

local REMOVED = ".removed-"

-- Renamed first: after an interrupted removal nothing must look like a run. True, or nil and why.
local function remove(base, run)
  if run_store.is_running(run.folder) then return nil, "in progress" end
  local away = ("%s/%s%s"):format(base, REMOVED, run.id)
  local ok, err = engine.fs.rename(run.folder, away)
  if ok then ok, err = engine.fs.rmtree(away) end
  return ok, err and err.what
end

-- Removes the rest of interrupted removals.
local function sweep(base)
  for _, name in ipairs(engine.fs.list(base) or {}) do
    local path = ("%s/%s"):format(base, name)
    local is_ours = name:sub(1, #REMOVED) == REMOVED and run_store.is_id(name:sub(#REMOVED + 1))
    if is_ours and engine.fs.stat(path, true).type == "dir" then engine.fs.rmtree(path) end
  end
end

-- A history that cannot be written: without SQLite, and on a full disk, where prune must work.
local IS_WITHOUT = { ENOPKG = true, EIO = true }

-- The history keeps the results of removed runs.
local function remember(base, term)
  local ok, err = pcall(history_db.use, base, nil, function() end)
  if ok then return end
  if not IS_WITHOUT[fail.code(err)] then error(err, 0) end
  term:line("note: their results are not in the history: " .. err.what)
end

local function prune(base, runs, limits, term, is_dry)
  local plan, status, gone = retention.plan(runs, limits), 0, {}
  if #plan > 0 and not is_dry then
    sweep(base)
    remember(base, term)
  end
  for _, one in ipairs(plan) do
    local ok, why = true, nil
    if not is_dry then ok, why = remove(base, one.run) end
    local verb = not ok and "not removed:" or is_dry and "would remove" or "removed"
    term:line(("%s %s  %s"):format(verb, line_of(one.run), ok and one.why or why))
    if ok then gone[#gone + 1] = one.run else status = 3 end
  end
  term:line(("%s %s; %d of %d are left"):format(is_dry and "would remove" or "removed", count_words(gone),
    #runs - #gone, #runs))
  return status
end

local function options(command)
  command:argument("what", "show, or prune."):choices { "show", "prune" }:default "show":args "?"
  command:flag("--dry-run", "Print the runs that prune would remove, and why."):target "dry_run"
  for _, limit in ipairs(retention.LIMITS) do
    command:option(limit.option, ("%s (default: $%s, or %d)."):format(limit.about, limit.variable, limit.default))
      :target(limit.name):argname(limit.argname):convert(numbers.whole(limit.option, 0, 1e9))
  end
  run_folder.add_base(command)
end

local function main(o)
  local base, term = o.out or (paths.results()), ui.terminal()
  local limits = retention.limits(o)
  if not engine.fs.stat(base) then
    fail.raise("USAGE", "results", ("no results in %s yet"):format(base))
  end
  local runs, odd = retention.runs(base)
  for _, why in ipairs(odd) do term:line("note: ignored: " .. why) end
  if o.what == "prune" then return prune(base, runs, limits, term, o.dry_run) end
  return show(base, runs, limits, term)
end

return { order = 7, main = main, options = options,
  words = "List the runs, or prune old ones by the retention limits. prune never removes a case's last failure, a run "
    .. "in progress, or the latest run." }
