--- worker: one case, in a process of its own. Tells the supervisor on stdout what happens, an event a
--- line, and leaves its result in result.json.

local attended = require "run.attended"
local case = require "case.case"
local context = require "case.context"
local deadline = require "run.deadline"
local engine = require "engine"
local needs = require "case.needs"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local scenario = require "case.scenario"
local teardown = require "run.teardown"
local verdict = require "case.verdict"
local verdicts = require "base.verdicts"
local where = require "base.where"
local worker_phase = require "run.worker_phase"

local worker = {}

-- Events are lines that begin with this byte (RFC 7464's record separator); others are the
-- scenario's own output.
worker.MARK = "\30"

-- A case that is called off ends each wait at once; it may tidy up that long.
worker.CANCEL_SECONDS = 3

local function emit(event)
  io.stdout:write(worker.MARK, engine.json.encode(event), "\n")
  io.stdout:flush()
end

-- Cancels a task that is out of time. Returns what it waited for, in words, and the place.
local function what_it_did(task)
  task:cancel()
  local last = task:join(worker.CANCEL_SECONDS)
  if not last then return "it does not return to the engine" end
  if last[1] then return "its end, for it caught the interruption" end
  local place = where.in_trace(last[3], engine.home())
  return tostring(last[2]) .. (place and " (" .. place .. ")" or ""), place
end

-- Setup and steps, one after the other; where a person is to see the setup, as often as he wants.
local function perform(header, t, server, file)
  if server and server.stop then return require("repl.step_run").perform(file, header, t, server) end
  if not header.setup then return header.run(t) end
  return header.run(t, header.setup(t))
end

local function cut() return { status = "ERROR", reason = "interrupted", is_cut = true } end

-- Runs setup and steps to their end, or to the deadline's. Returns the outcome: { status, reason, where = the place of
-- what went wrong (nil: not known), is_cut = Ctrl-C ended it }.
local function run_body(header, t, limit, server, file)
  collectgarbage "restart"
  limit:watch()
  local task = engine.task(attended.call, server, perform, header, t, server, file)
  local outcome, err = limit:join(task)
  limit:unwatch()
  if outcome then
    local ok, why, trace = t:ending(outcome[1], outcome[2], server and server.trace or outcome[3])
    local status, reason, place = verdict.of(ok, why, trace, t:count())
    status, reason = verdict.of_case(status, reason, t.ctx:cells(), header.known_issue)
    return { status = status, reason = reason, where = place }
  end
  engine.clear_cancel()
  local doing, place = what_it_did(task)
  if limit.computes then return { status = "ERROR", reason = limit.computes, where = place } end
  if err.code ~= "ETIMEDOUT" then return cut() end
  return { status = "ERROR", reason = ("%s; it was at: %s"):format(limit.words, doing), where = place }
end

-- Runs a case whose needs are met, to its teardown. Returns the outcome, and how long it was paused.
local function run_case(header, ctx, spec, tell)
  ctx:phase "setup"
  worker_phase.tell(spec.dir, "run")
  local t, limit = case.new(ctx), deadline.start(header, spec)
  local server = attended.open(ctx, t, spec, tell)
  if server then limit:follow(server) end
  local outcome = run_body(header, t, limit, server, spec.file)
  -- before a person types there, and the teardown: programs that are asked to end talk about that
  outcome.consoles = ctx:last_words()
  if not outcome.is_cut then attended.linger(server, outcome.status, outcome.reason) end
  attended.note_typing(server)
  return outcome, limit.paused
end

-- How a case ends that is not begun: it cannot be loaded, or what it needs is missing; nil where it can.
local function unfit(header, why)
  if not header then return { status = "ERROR", reason = why } end
  local status, reason = needs.lacking(header.needs)
  if engine.is_cancelled() then
    engine.clear_cancel()
    return cut()
  end
  return status and { status = status, reason = reason }
end

local function transcripts(dir)
  local out = {}
  for _, name in ipairs(engine.fs.list(dir) or {}) do
    if name:find "%.log$" then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

--- Runs one case, of this source (own_modules.source), and tells tell(event) what happens. Returns its result. spec: {
--- file, dir, timeline, origin, id, folder (dir's name, where it is not PLAN.NAME), run (its id), timeout, deadline
--- (the run's, on the monotonic clock), run_seconds (what it was given as), cold (guests are booted), attach
--- (lib/run/attended.lua) }.
function worker.run(spec, source, tell)
  local since, paused = engine.now(), 0
  local ctx, result = context.new(spec.origin, tell)
  ctx.is_cold = spec.cold or false
  local header, why = scenario.load(spec.file, source)
  local outcome = unfit(header, why)
  if not outcome then outcome, paused = run_case(header, ctx, spec, tell) end
  teardown.run(ctx, spec.dir, outcome)
  result.consoles = verdicts.of(outcome.status).is_broken and outcome.consoles or nil
  result.status, result.reason, result.where = outcome.status, outcome.reason, outcome.where
  result.interrupted = outcome.is_cut
  result.seconds, result.paused = engine.now() - since - paused, paused > 0 and paused or nil
  result.transcripts = transcripts(spec.dir)
  return result
end

-- On a recording: without one (on a full disk) the case runs all the same, and cannot be replayed.
local function run_recorded(spec)
  local recorder, source = require "recorder.recorder", own_modules.source(spec.file)
  local is_recorded = recorder.start(spec.dir, { spec = spec, source = source, moonrig = engine.version })
  local result = worker.run(spec, source, emit)
  if not is_recorded or not recorder.stop() then
    result.notices[#result.notices + 1] = "this case cannot be replayed: its recording could not be written"
  end
  return result
end

--- The verb: one case, in a process of its own that is guarded already (worker.run).
function worker.main(spec)
  assert(engine.open_log(spec.dir, spec.timeline, spec.origin, spec.id, spec.folder))
  local result = run_recorded(spec)
  -- a file, and not a line: it may be large, and nobody else writes it
  paths.write(spec.dir .. "/result.json", engine.json.encode(result))
  return 0
end

return worker
