--- case: the `t` that a scenario's run(t) gets.

local breach = require("kit.invariant").breach
local check = require "case.check"
local engine = require "engine"
local fail = require "base.fail"
local kind = require "base.kind"
local options = require "base.options"
local show = require "base.show"
local tasks = require "case.tasks"
local verdict = require "case.verdict"
local verdicts = require "base.verdicts"

local case = {}

local CELL = { known_issue = { "table|string" }, sometimes = { "boolean" } }

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

function T:here() return self.ctx.here end

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

-- The verdict of t:eventually: ok and fn's value of its last call, `took` seconds after the start.
local function judge_wait(self, ok, value, seconds, took, what)
  if not ok then
    if verdict.is_failure(value) then self.checks:stands(value) end
    error(value, 0)
  end
  what = ("%s, within %g s"):format(what or "the condition", seconds)
  if value and took > seconds then
    local _, late = breach("its success", ("it took %.2f s"):format(took), seconds, took)
    self:holds(false, late, what)
  end
  return self:truthy(value, what)
end

function T:eventually(seconds, fn, what)
  local since = engine.now()
  local ok, value
  repeat
    ok, value = self.checks:try(fn)
    if ok and value then break end
    fail.check(engine.elapse(0.05))
  until engine.now() >= since + seconds
  return judge_wait(self, ok, value, seconds, engine.now() - since, what)
end

function T:spawn(fn, ...) return tasks.spawn(self.ctx.tasks, fn, ...) end

-- The end, or the first failed check, if it was caught or a skip or another failure followed.
local function with_failure(self, ok, err, trace)
  local failure = self.checks.failed
  if failure and (ok or verdict.is_skip(err) or verdict.is_failure(err)) then return false, failure end
  return ok, err, trace
end

--- The end of the case (ok, the error and its traceback); includes a failed check that was caught, and a task that
--- failed or still runs.
function T:ending(ok, err, trace)
  ok, err, trace = with_failure(self, ok, err, trace)
  if not ok and not verdict.is_skip(err) then return ok, err, trace end
  local loose, at = tasks.loose(self.ctx.tasks)
  if loose then return false, loose, at end
  return ok, err, trace
end

function T:note(text) self.ctx:notice(type(text) == "string" and text or show.value(text)) end

function T:value(name, value) self.ctx:value(name, value) end

function T:skip(reason) error(verdict.skip(reason), 0) end

function T:cell(name, given, fn)
  if type(given) == "function" then given, fn = nil, given end
  if type(fn) ~= "function" then fail.misuse("t:cell(name, options, fn): fn: %s", kind.refusal(fn, "function")) end
  local o = options.take("t:cell", given, CELL)
  local issue = verdict.issue("t:cell", o.known_issue)
  local since, checks, trace = engine.now(), self:count(), nil
  self.ctx:phase(name)
  local before = self.checks.failed
  self.checks.failed = nil
  local ok, err = xpcall(fn, function(e)
    trace = debug.traceback("", 2)
    return e
  end)
  if not ok and fail.is_cancel(err) then error(err, 0) end
  ok, err = with_failure(self, ok, err)
  self.checks.failed = before
  local status, reason, place = verdict.of(ok, err, trace, self:count() - checks, issue, o.sometimes)
  self.ctx:cell { name = name, status = status, reason = reason, where = place, seconds = engine.now() - since,
    consoles = verdicts.of(status).is_broken and self.ctx:last_words(since) or nil }
  return status
end

--- The `t` of a case in this context (lib/case/context.lua).
function case.new(ctx) return setmetatable({ ctx = ctx, checks = check.new(ctx) }, class) end

return case
