--- report: what a run leaves for programs (JSON, JUnit) and says to people at its end.
---
--- `run` is { id, started (UTC, ISO 8601), seconds, moonrig, dpdk, qemu, image (its id), kernel, luajit, host = {
--- cpus, memory, kernel, os }, accelerator, notices, cases = { { name, plan, file, status, seconds,
--- reason, checks, phases = { { name, seconds, start } }, notices, values, transcripts, consoles = { { name,
--- transcript, t, lines } }, programs = { { name, program, path, sha256, version } } } } }.
--- Nothing here writes a file.

local consoles = require "consoles"
local ordered = require "ordered"
local show = require "show"
local terminal = require "terminal"
local utf8 = require "utf8"

local report = {}

local STATUSES = { "PASS", "FAIL", "ERROR", "SKIP", "XFAIL", "XPASS", "FLAKY" }

local ORDER = { "schema", "id", "started", "seconds", "deadline", "moonrig", "dpdk", "qemu", "image", "kernel",
  "luajit", "host", "accelerator", "boot", "totals", "notices", "cases", "name", "plan", "file", "status", "reason",
  "what", "ok", "got", "expected", "detail", "where", "transcript", "t", "start", "values", "phases", "checks",
  "transcripts", "consoles", "lines", "cells", "programs", "program", "path", "sha256", "version" }

local ARRAYS = { cells = true, notices = true, cases = true, checks = true, phases = true, transcripts = true,
  consoles = true, lines = true, programs = true }

--- How many cases ended with each status: { PASS = n, ... }, all seven there.
function report.totals(run)
  local totals = {}
  for _, status in ipairs(STATUSES) do totals[status] = 0 end
  for _, case in ipairs(run.cases or {}) do
    totals[case.status] = (totals[case.status] or 0) + 1
  end
  return totals
end

local function with(t, more)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  for key, value in pairs(more) do
    if out[key] == nil then out[key] = value end
  end
  return out
end

--- results.json: the run with `schema` = 1 and `totals`, keys in one order on every run.
function report.results(run)
  local cases = {}
  for i, case in ipairs(run.cases or {}) do
    cases[i] = with(case, { checks = {}, phases = {}, notices = {}, transcripts = {}, consoles = {},
      values = {}, programs = {} })
  end
  local whole = with({ schema = 1, totals = report.totals(run), cases = cases },
    with(run, { notices = {} }))
  return ordered.encode(whole, { order = ORDER, arrays = ARRAYS, indent = 2 }) .. "\n"
end

local XML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;",
  ["\n"] = "&#10;", ["\t"] = "&#9;", ["\r"] = "&#13;" }

-- XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF: they become U+FFFD.
local function xml(value)
  local text = type(value) == "string" and value or show.value(value)
  text = utf8.scrub(text):gsub("\239\191[\190\191]", "\239\191\189")
  return (text:gsub('[%z\1-\31&<>"\']', function(c) return XML[c] or "\239\191\189" end))
end

local function seconds(n)
  return type(n) == "number" and n == n and n >= 0 and ("%.3f"):format(math.min(n, 1e9)) or "0.000"
end

local OUTCOMES = { FAIL = "failure", XPASS = "failure", ERROR = "error", SKIP = "skipped", XFAIL = "skipped" }

local function outcome_lines(case, out)
  -- a status nobody knows must not read as passed
  local element = OUTCOMES[case.status]
  if case.status ~= "PASS" and case.status ~= "FLAKY" then element = element or "error" end
  if not element then return end
  local reason = case.reason or "no reason was given"
  local message = case.status == "XFAIL" and "known issue: " .. tostring(reason) or reason
  if element == "skipped" then
    out[#out + 1] = ('      <skipped message="%s"/>'):format(xml(message))
    return
  end
  local text = consoles.text(case.consoles)
  table.insert(text, 1, tostring(message))
  out[#out + 1] = ('      <%s type="%s" message="%s">%s</%s>'):format(
    element, xml(case.status), xml(message), xml(table.concat(text, "\n")), element)
end

local function case_lines(case, out)
  out[#out + 1] = ('    <testcase classname="%s" name="%s" file="%s" time="%s" assertions="%d">'):format(
    xml(case.plan), xml(case.name), xml(case.file), seconds(case.seconds), #(case.checks or {}))
  outcome_lines(case, out)
  local said = {}
  if case.status == "FLAKY" then said[1] = "passed on a retry: " .. tostring(case.reason) end
  for _, notice in ipairs(case.notices or {}) do said[#said + 1] = notice end
  for _, phase in ipairs(case.phases or {}) do
    said[#said + 1] = ("phase %s: %s s"):format(tostring(phase.name), seconds(phase.seconds))
  end
  for _, path in ipairs(case.transcripts or {}) do
    -- the form by which Jenkins and GitLab find files
    said[#said + 1] = "[[ATTACHMENT|" .. tostring(path) .. "]]"
  end
  if #said > 0 then
    out[#out + 1] = "      <system-out>" .. xml(table.concat(said, "\n")) .. "</system-out>"
  end
  out[#out + 1] = "    </testcase>"
end

local PROPERTIES = { "id", "moonrig", "dpdk", "qemu", "image", "kernel", "luajit", "accelerator" }

local function property_lines(run, out)
  out[#out + 1] = "    <properties>"
  local function property(name, value)
    out[#out + 1] = ('      <property name="%s" value="%s"/>'):format(xml(name), xml(value))
  end
  for _, name in ipairs(PROPERTIES) do
    if run[name] ~= nil then property(name, run[name]) end
  end
  for _, name in ipairs(show.sorted_keys(run.host or {})) do property("host." .. name, run.host[name]) end
  for _, notice in ipairs(run.notices or {}) do property("notice", notice) end
  out[#out + 1] = "    </properties>"
end

local function counts(cases)
  local n = { failure = 0, error = 0, skipped = 0, time = 0 }
  for _, case in ipairs(cases) do
    local passed = case.status == "PASS" or case.status == "FLAKY"
    local element = not passed and (OUTCOMES[case.status] or "error")
    if element then n[element] = n[element] + 1 end
    n.time = n.time + (tonumber(seconds(case.seconds)))
  end
  return ('tests="%d" failures="%d" errors="%d" skipped="%d" time="%s"'):format(
    #cases, n.failure, n.error, n.skipped, seconds(n.time))
end

local function by_plan(cases)
  local plans = {}
  for _, case in ipairs(cases) do
    local plan = tostring(case.plan)
    plans[plan] = plans[plan] or {}
    table.insert(plans[plan], case)
  end
  return plans
end

-- A matrix's cells are test cases of their own, behind their case.
local function with_cells(cases)
  local rows = {}
  for _, case in ipairs(cases) do
    rows[#rows + 1] = case
    for _, cell in ipairs(case.cells or {}) do
      rows[#rows + 1] = { plan = case.plan, name = tostring(case.name) .. ": " .. tostring(cell.name),
        file = case.file, status = cell.status, reason = cell.reason, seconds = cell.seconds,
        consoles = cell.consoles }
    end
  end
  return rows
end

--- junit.xml: one testsuite a plan, one testcase a case and a cell of it. XFAIL is skipped, XPASS a failure, FLAKY
--- passed, with a word about it in system-out.
function report.junit(run)
  local cases = with_cells(run.cases or {})
  local out = { '<?xml version="1.0" encoding="UTF-8"?>',
    ('<testsuites name="moonrig" %s>'):format(counts(cases)) }
  local plans = by_plan(cases)
  for _, plan in ipairs(show.sorted_keys(plans)) do
    out[#out + 1] = ('  <testsuite name="%s" timestamp="%s" %s>'):format(
      xml(plan), xml(((run.started or ""):gsub("Z$", ""))), counts(plans[plan]))
    property_lines(run, out)
    for _, case in ipairs(plans[plan]) do case_lines(case, out) end
    out[#out + 1] = "  </testsuite>"
  end
  out[#out + 1] = "</testsuites>"
  return table.concat(out, "\n") .. "\n"
end

local WORDS = { PASS = "passed", FAIL = "failed", ERROR = "in error", SKIP = "skipped",
  XFAIL = "known issues", XPASS = "known issues that pass now", FLAKY = "flaky" }

local function printable(text)
  return (utf8.scrub(tostring(text)):gsub("[%c]", " "))
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
  local totals, parts = report.totals(run), {}
  for _, status in ipairs(STATUSES) do
    local is_shown = totals[status] > 0 or status == "PASS" or status == "FAIL"
    if is_shown then parts[#parts + 1] = ("%d %s"):format(totals[status], WORDS[status]) end
  end
  out[#out + 1] = ("%s in %.1f s"):format(table.concat(parts, ", "), tonumber(seconds(run.seconds)))
  return out
end

return report
