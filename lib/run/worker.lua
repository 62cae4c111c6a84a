--- worker: one case, in a process of its own. Its events are lines on stdout, its result is in result.json.

local artifacts = require "case.artifacts"
local attended = require "run.attended"
local case = require "case.case"
local consoles = require "case.consoles"
local context = require "case.context"
local deadline = require "run.deadline"
local debian = require "host.debian"
local encoding = require "base.encoding"
local engine = require "engine"
local fail = require "base.fail"
local gcov = require "dpdk.gcov"
local needs = require "case.needs"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local scenario = require "case.scenario"
local tasks = require "case.tasks"
local teardown = require "run.teardown"
local under_test = require "host.under_test"
local verdict = require "case.verdict"
local verdicts = require "base.verdicts"
local worker_phase = require "run.worker_phase"

local worker = {}

-- Bytes of a reason in an event.
local LONGEST_REASON = 8192

local function emit(event)
  io.stdout:write(worker_phase.EVENT_MARK, engine.json.encode(event), "\n")
  io.stdout:flush()
end

-- Runs setup and steps. With server.stop a person decides how often.
local function perform(header, t, server, file)
  if server and server.stop then return require("repl.step_run").perform(file, header, t, server) end
  if not header.setup then return header.run(t, header:arguments()) end
  return header.run(t, header:arguments(header.setup(t, header:arguments())))
end

local function cut() return { status = "ERROR", reason = "interrupted", is_cut = true } end

-- Runs setup and steps until the deadline. Returns the outcome: { status, reason, where = the error's place or nil,
-- is_mistake = of the scenario, not of what it runs; is_cut = Ctrl-C ended it }.
local function run_body(header, t, limit, server, file)
  collectgarbage "restart"
  limit:watch()
  local task = engine.task(attended.call, server, perform, header, t, server, file)
  local outcome, err = limit:join(task)
  limit:unwatch()
  if outcome then
    local ok, why, trace = t:ending(outcome[1], outcome[2], server and server.trace or outcome[3])
    local status, reason, place = verdict.of(ok, why, trace, t:count())
    status, reason = verdict.of_case(status, reason, t.ctx:cells(), header.known_issue, t.ctx.dpdk_versions)
    if t.ctx.only_cell and #t.ctx:cells() == 0 then status, reason = verdict.without_cell(status, reason, t.ctx) end
    return { status = status, reason = reason, where = place, is_mistake = not ok and fail.place(why) ~= nil }
  end
  engine.clear_cancel()
  local doing, place = tasks.stop(task, server)
  if limit.computes then return { status = "ERROR", reason = limit.computes, where = place } end
  if err.code ~= "ETIMEDOUT" then return cut() end
  return { status = "ERROR", reason = ("%s; it was at: %s"):format(limit.words, doing), where = place }
end

-- Runs a case up to its teardown. Returns the outcome, and the seconds of its pauses.
local function run_case(header, ctx, spec, emit_event)
  ctx:phase "setup"
  worker_phase.report(spec.dir, "run")
  local t, limit = case.new(ctx), deadline.start(header, spec)
  local server = attended.open(ctx, t, spec, emit_event)
  if server then limit:follow(server) end
  local outcome = run_body(header, t, limit, server, spec.file)
  -- before a person and the teardown add lines of their own
  outcome.consoles = ctx:last_words()
  if not outcome.is_cut then attended.linger(server, outcome.status, outcome.reason) end
  attended.note_typing(server)
  return outcome, limit.paused, t
end

-- The outcome of a case that cannot start: not loaded, or a need is missing; nil where it can.
local function unfit(header, why)
  if not header then return { status = "ERROR", reason = why } end
  local status, reason = needs.lacking(header.needs)
  if engine.is_cancelled() then
    engine.clear_cancel()
    return cut()
  end
  return status and { status = status, reason = reason }
end

--- Runs one case of this source (own_modules.source); calls emit_event(event). Returns its result. spec: { file, row,
--- cell (only cells whose name holds it run), dir, timeline, origin, id, folder (dir's name, where it is not
--- PLAN.NAME), run (its id), timeout, deadline (the run's, on engine.now()'s clock), stopped (the supervisor's
--- engine.stopped()), run_seconds (the option's value), cold (guests boot), coverage (counters are kept), attach
--- (lib/run/attended.lua), under_test (under_test.choose's), trees (debian.give's) }.
function worker.run(spec, source, emit_event)
  local since, paused, t = engine.now(), 0, nil
  -- here and not in worker.main: a replay calls this, too
  under_test.choose(spec.under_test)
  debian.give(spec.trees)
  local ctx, result = context.new(spec.origin, emit_event)
  ctx.is_cold, ctx.dir, ctx.only_cell = spec.cold or false, spec.dir, spec.cell
  if spec.coverage then gcov.start(ctx) end
  local header, why = scenario.case(spec.file, spec.row, source)
  local outcome = unfit(header, why)
  if not outcome then outcome, paused, t = run_case(header, ctx, spec, emit_event) end
  outcome = teardown.run(ctx, spec.dir, outcome, t, header and header.known_issue)
  result.consoles = verdicts.of(outcome.status).is_broken and outcome.consoles or nil
  result.status, result.reason, result.where = outcome.status, outcome.reason, outcome.where
  result.interrupted = outcome.is_cut
  result.seconds, result.paused = engine.now() - since - paused, paused > 0 and paused or nil
  result.transcripts = consoles.transcripts(spec.dir)
  result.artifacts = artifacts.listed(spec.dir)
  return result
end

-- A full disk costs the recording, not the case.
local function run_recorded(spec)
  local recorder, source = require "recorder.recorder", own_modules.source(spec.file)
  local is_recorded = recorder.start(spec.dir, { spec = spec, source = source, moonrig = engine.version })
  local result = worker.run(spec, source, emit)
  if not is_recorded or not recorder.stop() then
    result.notices[#result.notices + 1] = "this case cannot be replayed: its recording could not be written"
  end
  return result
end

local function run_logged(spec)
  fail.check(engine.open_log(spec.dir, spec.timeline, spec.origin, spec.id, spec.folder))
  return run_recorded(spec)
end

-- The result goes into a file, for it is too large for an event; on a full disk its verdict is an event.
local function hand_over(spec, result)
  local ok, err = pcall(function() paths.write(spec.dir .. "/result.json", engine.json.encode(result)) end)
  if ok then return end
  local status, reason = verdict.at_end(result.status, result.reason, fail.what(err))
  reason = encoding.cut(encoding.scrub(tostring(reason)), LONGEST_REASON)
  emit { ev = "verdict", result = { status = status, reason = reason, where = result.where } }
end

--- The hidden verb. Its process is guarded already. What keeps the case from running, or from ending, is its reason.
function worker.main(spec)
  engine.stopped(spec.stopped)
  local since = engine.now()
  local ok, result = pcall(run_logged, spec)
  if not ok then result = { status = "ERROR", reason = tostring(result), seconds = engine.now() - since } end
  hand_over(spec, result)
  return 0
end

return worker
