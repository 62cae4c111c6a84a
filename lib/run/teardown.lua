--- teardown: the end of a case: closes and removes everything; finds what the case left open.

local deferred = require "case.deferred"
local engine = require "engine"
local fail = require "base.fail"
local findings = require "case.findings"
local gcov = require "dpdk.gcov"
local post_mortem = require "case.post_mortem"
local tasks = require "case.tasks"
local verdict = require "case.verdict"
local verdicts = require "base.verdicts"
local worker_phase = require "run.worker_phase"

local teardown = {}

-- worker_phase.CLOSE_SECONDS after Ctrl-C: the guard kills the worker after 4 s.
local CUT_SECONDS = 3

-- A reason, where the case left something open or a program exited unnoticed.
local function left_open(ctx)
  for _, program in ipairs(ctx.programs) do
    local words = program:unexpected_end()
    if words then return words end
  end
  local names = {}
  for _, r in ipairs(engine.open_resources()) do
    if not r.detached then names[#names + 1] = ("%s \"%s\""):format(r.kind, r.name) end
  end
  if #names > 0 then
    return ("left open at the end of the case: %s; end each with its quit or close"):format(table.concat(names, ", "))
  end
end

-- Runs the deferred functions of the case `t`. Returns the outcome, and the seconds that are left to close all.
local function run_deferred(t, outcome)
  local since, had = engine.now(), #t.ctx.tasks
  t.ctx.is_over = true
  if #t.ctx.deferred > 0 then t.ctx:phase "deferred" end
  local result, is_cut = deferred.run(t, 0, outcome.is_cut and deferred.CUT_SECONDS or deferred.SECONDS, outcome)
  -- of tasks, only those that these functions started can be wrong now
  local loose, trace = tasks.loose(t.ctx.tasks, had)
  if loose and not verdicts.of(result.status).is_broken then
    local status, reason, place = verdict.of(false, loose, trace, 0)
    result = { status = status, reason = reason, where = place }
  end
  if not (outcome.is_cut or is_cut) then return result, worker_phase.CLOSE_SECONDS end
  return result, math.max(1, CUT_SECONDS - (engine.now() - since))
end

-- The new findings; none after Ctrl-C, which leaves no time for them. They have a time of their own.
local function look(ctx, dir, outcome)
  if outcome.is_cut then return {} end
  worker_phase.report(dir, "teardown")
  local ok, found = pcall(findings.new, ctx, ctx.programs, ctx.machines)
  worker_phase.report(dir, "teardown")
  if ok then return found end
  if not fail.is_cancel(found) then return { { words = "findings: " .. fail.what(found), status = "ERROR" } } end
  engine.clear_cancel()
  return {}
end

--- Tears a case down. `dir` is its folder, `t` the case; nil if it has not begun. Returns its outcome ({ status,
--- reason, where, is_cut }, lib/run/worker.lua), changed where the teardown finds something worse. `issues`: the
--- known issues of the header, or nil.
function teardown.run(ctx, dir, outcome, t, issues)
  local seconds = outcome.is_cut and CUT_SECONDS or worker_phase.CLOSE_SECONDS
  local function judge(words)
    local status, reason = verdict.at_end(outcome.status, outcome.reason, words)
    if status ~= outcome.status then outcome.where = nil end
    outcome.status, outcome.reason = status, reason
  end
  worker_phase.report(dir, "teardown")
  if ctx.attach then ctx.attach:stay_closed() end
  -- before a guest ends, which has the cores of its programs
  local found = look(ctx, dir, outcome)
  if outcome.reason and not outcome.is_cut then
    outcome.reason = post_mortem.added(outcome, ctx.machines, ctx.programs, ctx.consoles)
  end
  findings.lead(outcome, found, issues, ctx.dpdk_versions)
  if t then outcome, seconds = run_deferred(t, outcome) end
  -- anew: deferred functions have a time of their own
  worker_phase.report(dir, "teardown")
  if next(ctx.samplers) then require("dpdk.sampler").finish_all(ctx) end
  ctx:phase "teardown"
  if ctx.detached[1] then require("case.detached").finish(ctx, 0) end
  judge(left_open(ctx))
  if not outcome.is_cut then gcov.finish(ctx) end
  if not outcome.is_cut then post_mortem.let_go(ctx.machines) end
  local ok, err = engine.close_all(seconds)
  judge(not ok and "teardown: " .. tostring(err) or nil)
  -- what comes at the exit of a program
  findings.lead(outcome, look(ctx, dir, outcome), issues, ctx.dpdk_versions)
  ctx:clean()
  judge(engine.first_error())
  ctx:phase(nil)
  return outcome
end

return teardown
