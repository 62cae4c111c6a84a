--- steps: what runs now and then while Lua computes and never waits, so that deadlines and signals are heard.

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

--- Has fn() called now and then by whatever computes; an error that it raises ends what computes. Without fn: no
--- more. `who`: a name for it.
function steps.watch(who, fn)
  looks[who] = fn
  if next(looks) == nil then return debug.sethook() end
  jit.off() -- hooks are not called in compiled code, and the scenario's file may have said jit.on()
  debug.sethook(look, "", STEPS)
end

return steps
