--- qmp: QEMU's machine protocol for scenarios: a refusal of QEMU is raised.

local fail = require "base.fail"
local options = require "base.options"

local qmp = {}

-- Its contract is lib/help/stubs/qmp.lua.
local Qmp = {}
local class = options.class("qmp", Qmp)

function Qmp:execute(command, arguments, seconds)
  return fail.check(self.client():execute(command, arguments, seconds))
end

function Qmp:mark() return self.client():mark() end

function Qmp:await(event, match, mark, seconds)
  return fail.check(self.client():await(event, match, mark, seconds))
end

function class.__call() fail.misuse 'vm.qmp is no method: write vm.qmp:execute("query-status")' end

--- `client()` gives a client of the engine's (engine.qmp), whose errors are values; or raises.
function qmp.new(client) return setmetatable({ client = client }, class) end

return qmp
