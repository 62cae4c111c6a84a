--- tasks: functions that run beside the scenario (t:spawn).

local engine = require "engine"
local fail = require "base.fail"
local options = require "base.options"
local verdict = require "case.verdict"

local tasks = {}

-- Its contract is lib/help/stubs/task.lua.
local Task = {}
local class = options.class("task", Task)

-- The error of a failed task. A skip belongs to the case: in a task it would hide other failures.
local function raised_in(outcome)
  if not verdict.is_skip(outcome[2]) then return outcome[2], outcome[3] end
  return "t:skip in a task of t:spawn: t:skip belongs into run(t)", outcome[3]
end

--- Starts fn in a task, added to `all` (an array). Returns a handle with join(seconds).
function tasks.spawn(all, fn, ...)
  local task = engine.task(fn, ...)
  all[#all + 1] = task
  return setmetatable({ task = task }, class)
end

function Task:join(seconds)
  local outcome = fail.check(self.task:join(seconds or 60))
  if not outcome[1] then error((raised_in(outcome)), 0) end
  return outcome[2]
end

--- The error and the traceback of a task that failed or still runs, or nil.
function tasks.loose(all)
  for _, task in ipairs(all) do
    local outcome = task:is_done() and task:join(1)
    if not outcome then return "a task of t:spawn still runs at the end of the case: join it" end
    if not outcome[1] then return raised_in(outcome) end
  end
end

return tasks
