--- report: what a run prints at its end.
---
--- `run` is as lib/format/results.lua has it.
--- Nothing here writes a file.

local terminal = require "base.terminal"
local encoding = require "base.encoding"
local verdicts = require "base.verdicts"

local report = {}

local function seconds(n)
  return type(n) == "number" and n == n and n >= 0 and ("%.3f"):format(math.min(n, 1e9)) or "0.000"
end

local function printable(text)
  return (encoding.scrub(tostring(text)):gsub("[%c]", " "))
end

local function case_summary(t, case, out)
  out[#out + 1] = ("%s  %s/%s  %.1f s"):format(t:verdict(case.status, 5), printable(case.plan),
    printable(case.name), tonumber(seconds(case.seconds)))
  if case.reason and case.status ~= "PASS" then out[#out + 1] = "       " .. printable(case.reason) end
end

--- The lines at the end of a run: one a case (its reason below it, where it did not pass), then the
--- counts. Options: `colour`. An array of lines. What consoles said cannot move the cursor here.
function report.summary(run, options)
  local t = terminal.new { tty = options and options.colour or false, write = function() end }
  local out = {}
  for _, case in ipairs(run.cases or {}) do case_summary(t, case, out) end
  for _, notice in ipairs(run.notices or {}) do out[#out + 1] = "note: " .. printable(notice) end
  out[#out + 1] = ("%s in %.1f s"):format(verdicts.count_words(verdicts.totals(run.cases)),
    tonumber(seconds(run.seconds)))
  return out
end

return report
