--- report: what a run leaves for programs (results.json) and says to people at its end.
---
--- `run` is { id, started (UTC, ISO 8601), seconds, moonrig, dpdk, qemu, image (its id), kernel, luajit, host = {
--- cpus, memory, kernel, os }, accelerator, guest_kernel, notices, cases = { { name, plan, file, status, seconds,
--- reason, checks, phases = { { name, seconds, start } }, notices, values, transcripts, consoles = { { name,
--- transcript, t, lines } }, clocks (of guests) = { { console (their kernel's), offset (when they were 0, in
--- the run's time), uncertainty } }, programs = { { name, program, path, sha256, version } } } } }.
--- Nothing here writes a file.

local ordered = require "base.ordered"
local terminal = require "base.terminal"
local encoding = require "base.encoding"
local verdicts = require "base.verdicts"

local report = {}

--- Another one where a reader of results.json must change: what it knows is gone, or means another thing.
report.SCHEMA_VERSION = 1

local ORDER = { "schema_version", "id", "started", "seconds", "deadline", "moonrig", "dpdk", "qemu", "image",
  "kernel", "guest_kernel", "luajit", "host", "accelerator", "boot", "totals", "notices", "cases", "name", "plan",
  "file", "round", "status", "reason", "what", "ok", "got", "expected", "detail", "where", "transcript", "t", "start",
  "values", "phases", "checks", "transcripts", "clocks", "console", "offset", "uncertainty", "consoles", "lines",
  "cells", "tries", "programs", "program", "path", "sha256", "version" }

local ARRAYS = { cells = true, notices = true, cases = true, checks = true, phases = true, transcripts = true,
  consoles = true, lines = true, programs = true, clocks = true, tries = true }

local function with(t, more)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  for key, value in pairs(more) do
    if out[key] == nil then out[key] = value end
  end
  return out
end

--- results.json, as lib/results/results.schema.json has it: the run with `schema_version` and `totals`, keys in one
--- order on every run.
function report.results(run)
  local cases = {}
  for i, case in ipairs(run.cases or {}) do
    cases[i] = with(case, { checks = {}, phases = {}, notices = {}, transcripts = {}, consoles = {},
      values = {}, programs = {} })
  end
  local whole = with({ schema_version = report.SCHEMA_VERSION, totals = verdicts.totals(run.cases), cases = cases },
    with(run, { notices = {} }))
  return ordered.encode(whole, { order = ORDER, arrays = ARRAYS, indent = 2 }) .. "\n"
end

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
