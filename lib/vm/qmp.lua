--- qmp: QEMU's machine protocol as a scenario speaks it: what QEMU refuses is raised.

local fail = require "base.fail"
local options = require "base.options"

local qmp = {}

local Qmp = {}
local class = options.class("qmp", Qmp)

--- One command of QMP; its answer.
function Qmp:execute(command, arguments, seconds)
  return fail.check(self.client:execute(command, arguments, seconds))
end

--- How many events came so far: `await` looks behind it.
function Qmp:mark()
  return self.client:mark()
end

--- Waits for an event that has all of `match`; the event.
function Qmp:await(event, match, mark, seconds)
  return fail.check(self.client:await(event, match, mark, seconds))
end

function class.__call()
  fail.misuse 'vm.qmp is no method; say vm.qmp:execute("query-status")'
end

--- On a client of the engine's (engine.qmp), whose errors are values.
function qmp.new(client)
  return setmetatable({ client = client }, class)
end

return qmp
