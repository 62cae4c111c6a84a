--- verdicts: what a case or a cell can end as. A new verdict is a row here; every report and rule reads this table.
---
--- In the order of a run's last line. `rank`: how bad it is; `exit`: the exit status of a run whose worst verdict it
--- is; `words` of the last line; `colour` of terminals and pages; `junit`: the element in a testcase; `tap`: the
--- severity in its YAML block; `directive` and `is_ok` of its TAP test line; `annotation`: GitHub's level.
--- is_bad: somebody has to look at it; is_broken: something went wrong on the way, and another try may pass; is_timed:
--- its seconds tell what is usual; is_tried: it counts where flakes are counted; is_always_shown: even where it is 0.

local verdicts = {}

verdicts.LIST = {
  { name = "PASS", rank = 0, exit = 0, is_timed = true, is_tried = true, is_always_shown = true, is_ok = true,
    words = "passed", colour = "green" },
  { name = "FAIL", rank = 5, exit = 1, is_bad = true, is_broken = true, is_tried = true, is_always_shown = true,
    words = "failed", colour = "red", junit = "failure", tap = "fail", annotation = "error" },
  { name = "ERROR", rank = 6, exit = 3, is_bad = true, is_broken = true, is_tried = true,
    words = "in error", colour = "magenta", junit = "error", tap = "error", annotation = "error" },
  { name = "SKIP", rank = 1, exit = 0, is_ok = true,
    words = "skipped", colour = "yellow", junit = "skipped", directive = "SKIP", annotation = "notice" },
  { name = "XFAIL", rank = 2, exit = 0, is_timed = true, words = "known issues", colour = "yellow", junit = "skipped",
    tap = "todo", directive = "TODO", annotation = "notice" },
  { name = "XPASS", rank = 4, exit = 1, is_bad = true, words = "known issues that pass now", colour = "red",
    junit = "failure", tap = "fail", annotation = "error" },
  -- no pass, and no failure that stood: an exit status of its own. JUnit's flakyFailure is a pass to most readers
  { name = "FLAKY", rank = 3, exit = 6, is_timed = true, is_tried = true, words = "flaky", colour = "yellow",
    junit = "failure", tap = "fail", annotation = "warning" },
}

local by_name = {}
for _, verdict in ipairs(verdicts.LIST) do by_name[verdict.name] = verdict end

--- The row of a status; nil where there is none.
function verdicts.find(status)
  return by_name[status]
end

--- The same for a status that a file or a worker gave: an unknown one must not read as passed, it is an ERROR.
function verdicts.of(status)
  return by_name[status] or by_name.ERROR
end

--- How many of `cases` ended with each status: { PASS = n, ... }, all of them there.
function verdicts.totals(cases)
  local totals = {}
  for name in pairs(by_name) do totals[name] = 0 end
  for _, case in ipairs(cases or {}) do totals[case.status] = (totals[case.status] or 0) + 1 end
  return totals
end

--- "2 passed, 0 failed, 1 skipped".
function verdicts.count_words(totals)
  local parts = {}
  for _, verdict in ipairs(verdicts.LIST) do
    local n = totals[verdict.name] or 0
    if n > 0 or verdict.is_always_shown then parts[#parts + 1] = ("%d %s"):format(n, verdict.words) end
  end
  return table.concat(parts, ", ")
end

--- The worst verdict of cases or cells; PASS without any.
function verdicts.worst(cases)
  local worst = by_name.PASS
  for _, case in ipairs(cases) do
    local verdict = verdicts.of(case.status)
    if verdict.rank > worst.rank then worst = verdict end
  end
  return worst
end

return verdicts
