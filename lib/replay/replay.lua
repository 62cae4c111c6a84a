--- replay: a recorded case, run again from its recording alone: no VM, no testpmd, no DPDK.

local scenario = require "case.scenario"
local engine = require "engine"
local fail = require "base.fail"
local own_modules = require "case.own_modules"
local recording = require "recorder.recording"
local replay_engine = require "replay.replay_engine"
local show = require "base.show"

local replay = {}

local function is_other(now, was)
  if now.text ~= was.text then return true end
  for name, text in pairs(now.modules) do
    if text ~= was.modules[name] then return true end
  end
  return false
end

-- The scenario's source, the present or the recorded one; and whether it was edited.
local function source_of(header, play, o)
  local now = not o.recorded and own_modules.source(play:here(header.spec.file)) or nil
  return now or header.source, now ~= nil and is_other(now, header.source)
end

-- ---- a departure in words ----

-- The names of consoles, nodes and files: { ["console 5"] = "testpmd", ["file 2"] = "/proc/uptime" }.
local function names_of(rec)
  local names = {}
  for _, line in ipairs(rec.reads[recording.key("engine.here", nil, {})] or {}) do
    names[recording.label(line.got[1])] = "this machine"
  end
  for _, lines in pairs(rec.reads) do
    for _, line in ipairs(lines[1].op == "io.open" and lines or {}) do
      local label = line.got and recording.label(line.got[1])
      if label then names[label] = tostring(line.args[1]) end
    end
  end
  for _, lines in pairs(rec.strict) do
    for _, line in ipairs(lines) do
      local label = line.got and recording.label(line.got[1])
      for _, arg in ipairs(label and line.args or {}) do
        if type(arg) == "table" and type(arg.name) == "string" then names[label] = arg.name end
      end
    end
  end
  return names
end

local function value_words(value, names)
  local label = recording.label(value)
  if label then return names[label] or label end
  return show.value(value, 100)
end

local function call_words(call, names)
  local words, args = {}, call.args or {}
  local count = math.min(args.n or #args, recording.calls[call.op].count)
  for i = 1, count do words[i] = value_words(args[i], names) end
  local verb = call.op:match "[^.]+$" .. (count > 0 and " " or "")
  return (call.of and (names[call.of] or call.of) .. ": " or "") .. verb .. table.concat(words, ", ")
end

local function departure_words(d, rec)
  local names = names_of(rec)
  local at = d.where and d.where .. ": " or ""
  if d.how == "lacks" then
    return ("%sthe recording does not have it: %s%s"):format(at, call_words(d.call, names),
      d.bytes and (" (%.0f bytes)"):format(d.bytes) or "")
  end
  if d.how == "computes" then return at .. "it computes, and does not return to the recording" end
  if d.how == "ends" then
    return at .. "the recording ends here" .. (d.call and (", before: %s"):format(call_words(d.call, names)) or "")
  end
  local recorded = d.line and call_words(d.line, names) or "nothing more"
  if d.how == "stops" then return ("it ends before the recording; next recorded: %s"):format(recorded) end
  local is_same = d.line and d.line.op == d.call.op and d.line.of == d.call.of
  if is_same and d.difference and d.difference.path:find "[.%[]" then
    local its = d.difference
    return ("%sit departs from the recording: %s: %s is %s, recorded %s"):format(at, d.call.op:match "[^.]+$",
      its.path, value_words(its.is, names), value_words(its.was, names))
  end
  return ("%sit departs from the recording: %s; recorded: %s"):format(at, call_words(d.call, names), recorded)
end

-- ---- the result ----

-- Sorted, because pairs() has another order in each run.
local function check_words(checks)
  local out = {}
  for i, c in ipairs(checks or {}) do out[i] = ("%s %s"):format(c.ok and "ok" or "NOT OK", c.what) end
  table.sort(out)
  return out
end

local function phase_words(phases)
  local out = {}
  for i, p in ipairs(phases or {}) do out[i] = p.name end
  return out
end

local function list_difference(name, was, is)
  for i = 1, math.max(#was, #is) do
    if was[i] ~= is[i] then
      return ("a %s is %s, recorded %s"):format(name, show.value(is[i]), show.value(was[i]))
    end
  end
end

--- The first difference of two results, in words: verdict, reason, checks, phases; nil without one.
function replay.difference(was, is)
  if was.status ~= is.status then return ("the verdict is %s, recorded %s"):format(is.status, tostring(was.status)) end
  if was.reason ~= is.reason then
    return ("the reason is %s, recorded %s"):format(show.value(is.reason), show.value(was.reason))
  end
  return list_difference("check", check_words(was.checks), check_words(is.checks))
    or list_difference("phase", phase_words(was.phases), phase_words(is.phases))
end

-- The time of a scenario whose worker was killed.
local STUCK_SECONDS = 5

-- A scenario that was stuck in C may be stuck again: it runs in a process that can be killed.
local function case_in_child(dir, o)
  local argv = { engine.fs.realpath "/proc/self/exe", "_replay", dir, o.recorded and "recorded" or nil }
  local here = engine.here()
  local r, err = fail.try(here.run, here, argv, { timeout = STUCK_SECONDS })
  if not r and fail.is_cancel(err) then error(err, 0) end
  local result = r and engine.json.decode(r.out:match "\30([^\n]*)\n$" or "")
  if type(result) == "table" then return result end
  if r then return { how = "ends", departure = "its process ended early, as the recorded one" } end
  return { how = "ends", departure = ("it did not return within %d s, as in the recorded run"):format(STUCK_SECONDS) }
end

--- The hidden verb: a case in a process of its own. args: { "_replay", folder, "recorded" or nil }.
function replay.child(args)
  local r = replay.case(args[2], { recorded = args[3] == "recorded", is_child = true })
  io.stdout:write("\30", engine.json.encode(r), "\n")
  return 0
end

-- Remembers a failed check of the worker: a departure after it may be its effect.
local function check_watcher()
  local failed
  return function(event)
    if event.ev == "check" and not event.ok then failed = event.what end
  end, function() return failed and (" (after a failed check: %s)"):format(failed) or "" end
end

--- Replays the case in a folder. Options: `recorded`: the recorded scenario, not the present file. Returns { result
--- (worker.run's, or nil where it departs), departure = words, how, is_edited }. Raises without a recording.
function replay.case(dir, o)
  o = o or {}
  local rec = recording.load(dir)
  if not rec.is_whole and not o.is_child then return case_in_child(dir, o) end
  local play = replay_engine.new(rec)
  local spec = rec.header.spec
  local source, is_edited = source_of(rec.header, play, o)
  if is_edited then
    local header, why = scenario.case(spec.file, spec.row, source)
    if not header then return { is_edited = true, how = "departs", departure = "it cannot be loaded: " .. why } end
  end
  local watch, failed_words = check_watcher()
  local result, departure = play:run(own_modules.texts(spec.file, source), function()
    local worker = require "run.worker"
    require("recorder.recorder").is_replay = true
    return worker.run(spec, source, watch)
  end)
  -- through JSON, as a worker's result: its text is UTF-8
  if result then return { result = engine.json.decode(engine.json.encode(result)), is_edited = is_edited } end
  return { is_edited = is_edited, how = departure.how, departure = departure_words(departure, rec) .. failed_words() }
end

return replay
