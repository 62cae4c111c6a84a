--- verdicts: how a case or a cell can end. A new verdict is a row here; every report and rule reads this table.
---
--- In the order of a run's last line. `rank`: the higher, the worse; `exit`: the exit status of a run with this worst
--- verdict; `words` of the last line; `colour` of terminals and pages; `junit`: the element in a testcase; `tap`: the
--- severity in its YAML block; `directive` and `is_ok` of its TAP test line; `annotation`: GitHub's level. is_bad: a
--- person must look at it; is_broken: a failure or an error, and a retry may pass; is_timed: its seconds count for the
--- eta; is_tried: it counts for the flake rate; is_always_shown: even if the number is 0.

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
  -- neither a pass nor a failure: its own exit status. Most readers take JUnit's flakyFailure for a pass
  { name = "FLAKY", rank = 3, exit = 6, is_timed = true, is_tried = true, words = "flaky", colour = "yellow",
    junit = "failure", tap = "fail", annotation = "warning" },
}

local by_name = {}
for _, verdict in ipairs(verdicts.LIST) do by_name[verdict.name] = verdict end

--- The row of a status, or nil.
function verdicts.find(status) return by_name[status] end

--- The same for a status of a file or a worker: an unknown one is an ERROR, for it must not count as passed.
function verdicts.of(status) return by_name[status] or by_name.ERROR end

--- The number of `cases` for each status: { PASS = n, ... }, all statuses.
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
