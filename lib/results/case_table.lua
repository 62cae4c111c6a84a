--- case_table: the verdicts of several runs of the same cases: a row for each case, a column for each run.

local run_folder = require "results.run_folder"

local case_table = {}

-- The names of a run's cases: a number is behind a name that comes again (--repeat).
local function names_of(run)
  local names, seen = {}, {}
  for i, case in ipairs(run.cases) do
    local name = run_folder.label(case)
    seen[name] = (seen[name] or 0) + 1
    names[i] = seen[name] > 1 and ("%s (%d)"):format(name, seen[name]) or name
  end
  return names
end

-- Is a verdict of the runs another one, or missing? A run that did not happen has no say.
local function differs(cells, runs)
  local first
  for i, run in ipairs(runs) do
    local status = cells[i] and cells[i].status or "-"
    if not run.is_missing then
      if first and status ~= first then return true end
      first = status
    end
  end
  return false
end

--- The rows of runs (as in results.json; is_missing: it did not happen), in the order of the first run that has the
--- case: array of { name, cells = { [column] = { status, reason, number = place in its run's cases, from 0 } }, differs
--- = are there different verdicts }.
function case_table.rows(runs)
  local rows, by_name = {}, {}
  for column, run in ipairs(runs) do
    for i, name in ipairs(names_of(run)) do
      if not by_name[name] then
        by_name[name] = { name = name, cells = {} }
        rows[#rows + 1] = by_name[name]
      end
      local case = run.cases[i]
      by_name[name].cells[column] = { status = case.status, reason = case.reason, number = i - 1 }
    end
  end
  for _, row in ipairs(rows) do row.differs = differs(row.cells, runs) end
  return rows
end

--- The rows with different verdicts, then the others.
function case_table.different_first(rows)
  local out = {}
  for _, is_wanted in ipairs { true, false } do
    for _, row in ipairs(rows) do
      if row.differs == is_wanted then out[#out + 1] = row end
    end
  end
  return out
end

return case_table
