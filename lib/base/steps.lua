--- steps: functions that run now and then while Lua computes, so that deadlines and signals work.

local engine = require "engine"
local fail = require "base.fail"

local steps = {}

-- Instructions between two looks at the clock and the signals.
local STEPS = 200000

local looks, on_return = {}, nil

local function look(event)
  if event == "line" then return end
  if event == "return" then return on_return(debug.getinfo(2, "f").func) end
  if engine.poll_once() then fail.cancel "compute" end
  for _, fn in pairs(looks) do fn() end
end

local function set_hook()
  if next(looks) == nil and not on_return then return debug.sethook() end
  jit.off() -- hooks are not called in compiled code, and the scenario's file may have said jit.on()
  -- l: beside a count LuaJIT sees returns only where it looks at each line
  debug.sethook(look, on_return and "rl" or "", next(looks) and STEPS or 0)
end

--- Calls fn() now and then while Lua computes; an error that it raises ends the computation. Without fn: stops that.
--- `name`: identifies fn.
function steps.watch(name, fn)
  looks[name] = fn
  set_hook()
end

--- Calls fn(function) at each return of a function, while its locals are there. Without fn: stops that. It makes Lua
--- slow, and is for a person who waits.
function steps.watch_returns(fn)
  on_return = fn
  set_hook()
end

return steps
