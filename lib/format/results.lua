--- results: a run as results.json, for other programs (lib/results/results.schema.json).
---
--- A `run` has the fields of that schema, without `schema_version` and `totals`.

local verdicts = require "base.verdicts"

local results = { order = 1, file = "results.json" }

--- Increased when readers of results.json must change: a field was removed, or its meaning changed.
results.SCHEMA_VERSION = 1

local ORDER = {
  "schema_version", "id", "combination", "of", "index", "all", "started", "seconds", "deadline", "planned", "moonrig",
  "under_test", "dpdk", "dpdk_build", "guest_dpdk_build", "qemu", "image", "kernel", "guest_kernel", "luajit", "host",
  "accelerator", "boot", "totals", "notices", "deviations", "cases", "name", "plan", "row", "file", "covers", "case",
  "round", "status", "reason", "mix", "interrupted", "what", "ok", "got", "expected", "detail", "where", "transcript",
  "t", "start", "values", "phases", "checks", "transcripts", "artifacts", "size", "clocks", "console", "offset",
  "uncertainty", "consoles", "lines", "cells", "attempts", "programs", "program", "path", "sha256", "version" }


local ARRAYS = { cells = true, notices = true, deviations = true, cases = true, checks = true, phases = true,
  transcripts = true, artifacts = true, consoles = true, lines = true, programs = true, clocks = true,
  attempts = true }

local function with(t, more)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  for key, value in pairs(more) do
    if out[key] == nil then out[key] = value end
  end
  return out
end

--- The text of results.json; its keys are always in one order.
function results.text(run)
  local cases = {}
  for i, case in ipairs(run.cases or {}) do
    cases[i] = with(case, { checks = {}, phases = {}, notices = {}, deviations = {}, transcripts = {}, consoles = {},
      values = {}, programs = {} })
  end
  local whole = with({ schema_version = results.SCHEMA_VERSION, totals = verdicts.totals(run.cases), cases = cases },
    with(run, { notices = {} }))
  return require("base.json").encode(whole, { order = ORDER, arrays = ARRAYS, indent = 2 }) .. "\n"
end

return results
