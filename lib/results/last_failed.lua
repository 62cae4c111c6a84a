--- last_failed: the cases that did not pass in their last run.

local engine = require "engine"
local fail = require "base.fail"
local history_db = require "results.history_db"
local paths = require "base.paths"
local verdicts = require "base.verdicts"

local last_failed = {}

-- The last run may have the case many times (--repeat).
local COUNT = 10000

-- How many combinations its command has; nil for a run of its own.
local function total_of(row) return (row.combination or ""):match "%d+$" end

--- Did a case fail in its last run? `rows`: its verdicts, the oldest first. A skip and a known issue are no failures.
--- Each combination has a last run: a command may end before it comes to all of them.
function last_failed.is_bad(rows)
  local last, judged = rows[#rows], {}
  for i = #rows, 1, -1 do
    local row = rows[i]
    if total_of(row) ~= total_of(last) then return false end
    local place = row.combination or ""
    judged[place] = judged[place] or row.run
    if judged[place] == row.run and verdicts.of(row.status).exit ~= 0 then return true end
  end
  return false
end

-- The names of the runs of one cell (NAME:CELL), which are cases of their own: { [plan] = array }.
local function cell_runs(history)
  local out = {}
  for _, case in ipairs(history:cases()) do
    if case.name:find(":", 1, true) then
      out[case.plan] = out[case.plan] or {}
      table.insert(out[case.plan], case.name)
    end
  end
  return out
end

-- Did one of a case's cells fail in its last run, and the whole case has not run since?
local function has_bad_cell(history, names, item, whole)
  for _, name in ipairs(names or {}) do
    if name:sub(1, #item.name + 1) == item.name .. ":" then
      local rows = history:verdicts(item.plan, name, COUNT)
      local before = whole and history:verdicts(item.plan, item.name, 1, rows[#rows].run)[1]
      if last_failed.is_bad(rows) and (not whole or before and before.id == whole.id) then return true end
    end
  end
  return false
end

-- { failed = items, known = how many have run }
local function filtered(history, items)
  local failed, known, cells = {}, 0, cell_runs(history)
  for _, item in ipairs(items) do
    local rows = history:verdicts(item.plan, item.name, COUNT)
    if #rows > 0 then known = known + 1 end
    if last_failed.is_bad(rows) or has_bad_cell(history, cells[item.plan], item, rows[#rows]) then
      failed[#failed + 1] = item
    end
  end
  return { failed = failed, known = known }
end

local function nothing(form, ...) fail.raise("NOTHING", "run", "--last-failed: " .. form:format(...)) end

--- The items (discover.scenarios) that did not pass in their last run into the folder `base` (default: results/).
--- Raises with the code NOTHING without any.
function last_failed.select(items, base)
  base = base or (paths.results())
  if not engine.fs.stat(base) then nothing("no case has run yet: there is no %s", base) end
  local found = history_db.use(base, nil, function(history) return filtered(history, items) end)
  if #found.failed > 0 then return found.failed end
  if found.known == 0 then nothing("none of %d cases has run yet into %s", #items, base) end
  nothing("each of %d cases passed in its last run into %s", found.known, base)
end

return last_failed
