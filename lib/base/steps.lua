--- steps: functions that run now and then while Lua computes, so that deadlines and signals work.

local engine = require "engine"
local fail = require "base.fail"

local steps = {}

-- Instructions between two looks at the clock and the signals.
local STEPS = 200000

local looks = {}

local function look()
  if engine.poll_once() then fail.cancel "compute" end
  for _, fn in pairs(looks) do fn() end
end

--- Calls fn() now and then while Lua computes; an error that it raises ends the computation. Without fn: stops that.
--- `name`: identifies fn.
function steps.watch(name, fn)
  looks[name] = fn
  if next(looks) == nil then return debug.sethook() end
  jit.off() -- hooks are not called in compiled code, and the scenario's file may have said jit.on()
  debug.sethook(look, "", STEPS)
end

return steps
