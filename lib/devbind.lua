--- devbind: devices and their drivers, by dpdk-devbind.py on a node.

local engine = require "engine"
local fail = require "fail"
local options = require "options"

local devbind = {}

local SPEC = { program = { "string", "dpdk-devbind.py" }, timeout = { "number", 60 },
  restore = { "boolean" }, sysfs = { "string", "/sys" } }

--- Binds devices (an array of PCI addresses) to a driver, all in one call, and reads the links back:
--- { [address] = { old, new } }. On a node that outlives the case they get their old drivers back
--- at its end; a VM does not outlive it.
function devbind.bind(node, devices, driver, given)
  local o = options.take("devbind", given, SPEC)
  return fail.check(engine.devbind(node, { devices = devices, driver = driver, program = o.program,
    sysfs = o.sysfs, timeout = o.timeout, restore = o.restore or false }))
end

return devbind
