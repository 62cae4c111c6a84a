--- replay: `moonrig replay`: runs a run's cases again from their recordings, and compares.

local engine = require "engine"
local fail = require "base.fail"
local bundle = require "report.bundle"
local run_folder = require "results.run_folder"
local paths = require "base.paths"
local replay = require "replay.replay"
local ui = require "report.ui"
local verdicts = require "base.verdicts"

local INTERRUPTED = 2

-- The cases, and each try of a retried one.
local function with_attempts(cases)
  local out = {}
  for _, case in ipairs(cases) do
    for i, one in ipairs(case.attempts or {}) do
      out[#out + 1] = { plan = case.plan, name = ("%s, try %d"):format(tostring(case.name), i), file = case.file,
        status = one.status, reason = one.reason, seconds = one.seconds, dir = one.dir }
    end
    if not case.attempts then out[#out + 1] = case end
  end
  return out
end

-- { status, reason, words = the difference from the recording or nil, is_edited }
local function outcome_of(case, dir, o)
  -- the supervisor's, if the worker left none
  local was = paths.read_table(dir .. "/result.json") or case
  local ok, r = pcall(replay.case, dir, o)
  if not ok then
    if fail.is_cancel(r) then error(r, 0) end
    return { status = "ERROR", reason = tostring(r), words = "replay failed" }
  end
  if r.result then
    return { status = r.result.status, reason = r.result.reason, is_edited = r.is_edited,
      words = replay.difference(was, r.result) }
  end
  -- a killed worker left no result, and its recording ends early
  local is_lost = r.how == "ends" and was == case
  return { status = "ERROR", reason = is_lost and ("%s; %s"):format(tostring(case.reason), r.departure) or r.departure,
    is_edited = r.is_edited, words = not is_lost and "recorded " .. tostring(was.status) or nil }
end

local function show(term, case, out, seconds)
  local words = out.words and "not as recorded: " .. out.words or "as recorded"
  term:line(("%s %s  %s (%.1f s then, %.2f s now)"):format(term:verdict(out.status, 5), run_folder.label(case), words,
    tonumber(case.seconds) or 0, seconds))
  for line in tostring(out.status ~= "PASS" and out.reason or ""):gmatch "[^\n]+" do term:line("      " .. line) end
  if out.is_edited then
    term:line(("      note: %s was edited since; --recorded replays it as it ran"):format(tostring(case.file)))
  end
end

local function replay_one(case, folder, o, term)
  local since, dir = engine.now(), run_folder.folder(case, folder)
  local out = dir and outcome_of(case, dir, o)
    or { status = case.status, reason = "it was not run, so it cannot be replayed: " .. tostring(case.reason) }
  show(term, case, out, engine.now() - since)
  return out
end

-- The exit status, as the run's own would be; and how many are as recorded.
local function exit_status(run, outs)
  local same = 0
  for _, out in ipairs(outs) do same = same + (out.words and 0 or 1) end
  return run.interrupted and same == #outs and INTERRUPTED or verdicts.worst(outs).exit, same
end

local function replay_run(word, o)
  local run, folder = run_folder.find(word, "replay")
  local is_recorded = o.recorded or bundle.is_unpacked(folder)
  local cases = with_attempts(run_folder.cases(run, o.pattern, folder, "replay"))
  local outs, term, since = {}, ui.terminal(), engine.now()
  for i, case in ipairs(cases) do outs[i] = replay_one(case, folder, { recorded = is_recorded }, term) end
  local status, same = exit_status(run, outs)
  term:line(("%d replayed, %d as recorded, %d not, in %.2f s"):format(#outs, same, #outs - same, engine.now() - since))
  return status
end

local function options(command)
  command:argument("run", "A run's folder, its name below results/, or a bundle's file (default: results/latest).")
    :args "?"
  command:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
  command:flag("--recorded", "Use the scenarios as they ran, even if their files changed since.")
end

local function main(o)
  return bundle.within(o.run, function(word) return replay_run(word, o) end)
end

return { order = 4, main = main, options = options,
  words = "Run the cases of a run again from their recordings alone: no VM, no testpmd." }
