--- case: the `t` that a scenario's run(t) gets.

local artifacts = require "case.artifacts"
local breach = require("kit.invariant").breach
local check = require "case.check"
local deferred = require "case.deferred"
local engine = require "engine"
local fail = require "base.fail"
local options = require "base.options"
local show = require "base.show"
local tasks = require "case.tasks"
local verdict = require "case.verdict"

local case = {}


-- Its contract is lib/help/stubs/t.lua.
local T = {}
local class = options.class("t", T, "case (t)")

for name, method in pairs(check.methods) do
  if type(method) == "function" then
    T[name] = function(self, ...) return method(self.checks, ...) end
  end
end

-- t:testpmd(options, node), t:mp(options, node), ...: a method for each primitive with a module (engine/prim). The
-- first call loads the module: most cases use few, and a run pays for each twice.
for _, prim in ipairs(engine.prims) do
  if prim.module then
    T[prim.name] = function(self, given, node)
      return require(prim.module).start(self.ctx, given, node or self.ctx.here)
    end
  end
end

function T:vm(given) return require("vm.vm").start(self.ctx, given) end

function T:prepare_vm(given) return require("vm.vm").prepare(self.ctx, given) end

function T:bind(devices, driver, node)
  return require("dpdk.devbind").bind(node or self.ctx.here, devices, driver, { restore = true })
end

function T:telemetry(path, node) return require("dpdk.stats").telemetry(node or self.ctx.here, path) end

function T:node(given) return require("case.lab").node(self.ctx, given) end

function T:detached(argv, given, node)
  return require("case.detached").start(self.ctx, argv, given, node or self.ctx.here)
end

function T:here() return self.ctx.here end

function T:dir()
  if not self.ctx.dir then fail.raise("ENOENT", "t:dir", "nothing is kept here: there are results of a run only") end
  return artifacts.make(self.ctx.dir)
end

function T:socket(name) return self.ctx:socket(name) end

function T:phase(name)
  self.ctx:phase(name)
  local server = self.ctx.attach
  if server then server:at_phase(name) end
end

function T:pause(why)
  local server = self.ctx.attach
  if server then server:halt(why and tostring(why) or "t:pause()") end
end

function T:elapse(seconds) fail.check(engine.elapse(seconds)) end

local EVENTUALLY = { tolerate = { "boolean", false } }

-- The results of a call, counted: pcall's.
local function counted(...) return { n = select("#", ...) - 1, ok = (...), select(2, ...) } end

-- Does this call of t:eventually's function end the wait? A failed check is "not yet", an error is no answer.
local function is_final(call, tolerate)
  if call.ok then return call[1] end
  local err = call[1]
  if fail.is_cancel(err) or verdict.is_skip(err) then return true end
  return not (verdict.is_failure(err) or tolerate)
end

-- The verdict of t:eventually: its last call, `took` seconds after the start.
local function judge_wait(self, call, seconds, took, what)
  if not call.ok then
    if verdict.is_failure(call[1]) then self.checks:stands(call[1]) end
    error(call[1], 0)
  end
  what = ("%s, within %g s"):format(what or "the condition", seconds)
  if call[1] and took > seconds then
    local _, late = breach("its success", ("it took %.2f s"):format(took), seconds, took)
    self:holds(false, late, what)
  end
  return self:became(call, call.n, what)
end

function T:eventually(seconds, fn, what, given)
  if type(what) == "table" then what, given = nil, what end
  local o = options.take("t:eventually", given, EVENTUALLY)
  local since = engine.now()
  local call
  repeat
    call = counted(self.checks:try(fn))
    if is_final(call, o.tolerate) then break end
    fail.check(engine.elapse(0.05))
  until engine.now() >= since + seconds
  return judge_wait(self, call, seconds, engine.now() - since, what)
end

function T:spawn(fn, ...) return tasks.spawn(self.ctx, fn, ...) end

--- The end of the case (ok, the error and its traceback); includes a failed check that was caught, and a task that
--- failed or still runs.
function T:ending(ok, err, trace)
  ok, err, trace = check.ended(self.checks, ok, err, trace)
  if not ok and not verdict.is_skip(err) then return ok, err, trace end
  local loose, at = tasks.loose(self.ctx.tasks)
  if loose then return false, loose, at end
  return ok, err, trace
end

function T:note(text) self.ctx:notice(type(text) == "string" and text or show.value(text)) end

function T:value(name, value) self.ctx:value(name, value) end

function T:skip(reason) error(verdict.skip(reason), 0) end

function T:cell(name, given, fn) return require("case.cell").run(self, name, given, fn) end

function T:defer(fn) deferred.add(self.ctx, fn) end

--- The `t` of a case in this context (lib/case/context.lua).
function case.new(ctx) return setmetatable({ ctx = ctx, checks = check.new(ctx) }, class) end

return case
