--- tasks: functions that run beside the scenario (t:spawn), or for a limited time.

local engine = require "engine"
local fail = require "base.fail"
local options = require "base.options"
local recorder = require "recorder.recorder"
local steps = require "base.steps"
local verdict = require "case.verdict"
local where = require "base.where"

local tasks = {}

--- Seconds to tidy up for a task that is cancelled.
tasks.CANCEL_SECONDS = 3

-- Its contract is lib/help/stubs/task.lua.
local Task = {}
local class = options.class("task", Task)

-- The error of a failed task. A skip belongs to the case: in a task it would hide other failures.
local function raised_in(outcome)
  if not verdict.is_skip(outcome[2]) then return outcome[2], outcome[3] end
  return "t:skip in a task of t:spawn: t:skip belongs into run(t)", outcome[3]
end

-- fn, for a task whose checks are counted with those of the task that starts it.
local function inheriting(ctx, fn)
  local counts = ctx.tallies[coroutine.running()]
  if not counts then return fn end
  return function(...)
    ctx.tallies[coroutine.running()] = counts
    return fn(...)
  end
end

--- Calls fn(counts), whose checks, and those of tasks that it starts, are counted in counts = { made, failed, parent }.
--- `is_cell`: as the open cell. Returns fn's values; raises its error.
function tasks.inside(ctx, fn, is_cell)
  local co, around = coroutine.running(), ctx.cell_open
  local counts = { made = 0, parent = ctx.tallies[co] }
  ctx.tallies[co] = counts
  if is_cell then ctx.cell_open = counts end
  local function done(ok, ...)
    ctx.tallies[co], ctx.cell_open = counts.parent, around
    if not ok then error((...), 0) end
    return ...
  end
  return done(pcall(fn, counts))
end

--- Raises a misuse where a cell is open (ctx.cell_open), and the running task is not of it: what it does could not be
--- told from what the cell does.
function tasks.check_cell(ctx, op)
  if not ctx.cell_open then return end
  local counts = ctx.tallies[coroutine.running()]
  while counts and counts ~= ctx.cell_open do counts = counts.parent end
  if not counts then fail.misuse("%s in a task beside an open cell: call it before or after that, or in it", op) end
end

--- Starts fn in a task of the case. Returns a handle with join(seconds).
function tasks.spawn(ctx, fn, ...)
  tasks.check_cell(ctx, "t:spawn")
  local task = engine.task(inheriting(ctx, fn), ...)
  table.insert(ctx.tasks, task)
  return setmetatable({ task = task }, class)
end

function Task:join(seconds)
  local outcome = fail.check(self.task:join(seconds or 60))
  if not outcome[1] then error((raised_in(outcome)), 0) end
  return outcome[2]
end

--- The error and the traceback of a task behind the first `count` that failed or still runs, or nil.
function tasks.loose(all, count)
  for i = (count or 0) + 1, #all do
    local outcome = all[i]:is_done() and all[i]:join(1)
    if not outcome then return "a task of t:spawn still runs at the end of the case: join it" end
    if not outcome[1] then return raised_in(outcome) end
  end
end

--- Ends the tasks behind the first `count`, and forgets them.
function tasks.forget(all, count)
  for i = #all, count + 1, -1 do
    local task = table.remove(all, i)
    if not task:is_done() then
      task:cancel()
      task:join(tasks.CANCEL_SECONDS)
    end
  end
end

--- Cancels a task that is out of time. Returns the wait it was in, in words, and its place. `server` (optional): its
--- `trace` is of the task's error (lib/run/attended.lua).
function tasks.stop(task, server)
  task:cancel()
  local last = task:join(tasks.CANCEL_SECONDS)
  if not last then return "it does not return to the engine" end
  if last[1] then return "a wait whose error the scenario caught or did not check" end
  local place = where.in_trace(server and server.trace or last[3], engine.home())
  return tostring(last[2]) .. (place and " (" .. place .. ")" or ""), place
end

-- Waits for the end of a person's pause. Returns the seconds of pauses since these were `paused` in all.
local function await_person(ctx, task, paused)
  local server = ctx.attach
  while server and server.paused and not task:is_done() do fail.check(engine.elapse(0.1)) end
  return ctx.paused - paused
end

local function await(ctx, task, seconds)
  local at, paused = engine.now() + seconds, ctx.paused
  while true do
    local outcome, err = task:join(math.max(0, at - engine.now()))
    if outcome or err.code ~= "ETIMEDOUT" then return outcome, err end
    local more = recorder.unrecorded(await_person, ctx, task, paused) or 0
    if more <= 0 then return nil, err end
    at, paused = at + more, paused + more
  end
end

-- Calls fn(), and raises an error in it where it computes behind its time. `late`: gets `where`, its place.
local function end_computing(ctx, fn, over, late)
  local co, paused = coroutine.running(), ctx.paused
  steps.watch(late, function()
    local is_its = coroutine.running() == co and not (ctx.attach and ctx.attach.paused)
    if not is_its or engine.now() < over + ctx.paused - paused then return end
    late.words, late.where = "it computes and does not wait", where.scenario(engine.home())
    error(late.words, 0)
  end)
  return fn()
end

--- Calls fn in a task of its own, for `seconds` at most, without a person's pauses. Returns as xpcall: ok, its error,
--- the traceback. When it is late: false, nil, nil and { words = where it was, where = that place }. A cancellation of
--- the caller cancels it, too, and is raised.
function tasks.call(ctx, fn, seconds)
  local late = {}
  local task = engine.task(inheriting(ctx, end_computing), ctx, fn, engine.now() + seconds, late)
  local outcome, err = await(ctx, task, seconds)
  if not outcome and err.code == "ETIMEDOUT" and not late.words then late.words, late.where = tasks.stop(task) end
  steps.watch(late, nil)
  if late.words then return false, nil, nil, late end
  if outcome then return unpack(outcome, 1, 3) end
  task:cancel()
  error(err, 0)
end

return tasks
