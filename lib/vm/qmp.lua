--- qmp: QEMU's machine protocol for scenarios: a refusal of QEMU is raised.

local fail = require "base.fail"
local options = require "base.options"

local qmp = {}

local Qmp = {}
local class = options.class("qmp", Qmp)

--- One command of QMP; its answer.
function Qmp:execute(command, arguments, seconds)
  return fail.check(self.client:execute(command, arguments, seconds))
end

--- The number of events so far: `await` looks at later ones.
function Qmp:mark() return self.client:mark() end

--- Waits for an event that has all of `match`; the event.
function Qmp:await(event, match, mark, seconds)
  return fail.check(self.client:await(event, match, mark, seconds))
end

function class.__call() fail.misuse 'vm.qmp is no method: write vm.qmp:execute("query-status")' end

--- On a client of the engine's (engine.qmp), whose errors are values.
function qmp.new(client) return setmetatable({ client = client }, class) end

return qmp
