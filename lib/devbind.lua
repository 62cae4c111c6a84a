--- devbind: devices and their drivers on a node, over sysfs or by dpdk-devbind.py.

local engine = require "engine"
local fail = require "fail"
local options = require "options"

local devbind = {}

local SPEC = { how = { "string" }, program = { "string" }, timeout = { "number", 60 }, restore = { "boolean" },
  sysfs = { "string" }, routes = { "string" } }

-- The program that binds; nil: the node's shell does.
local function program_of(o)
  local how = o.how or ((o.program or o.restore) and "devbind" or "sysfs")
  if how == "devbind" then return o.program or "dpdk-devbind.py" end
  if how ~= "sysfs" then error(('devbind: how is "sysfs" or "devbind", not %q'):format(how), 0) end
  if o.program then error(('devbind: how = "sysfs" runs no program: %q'):format(o.program), 0) end
  if o.restore then error('devbind: old drivers come back by how = "devbind" alone', 0) end
end

--- Binds devices (an array of PCI addresses) to a driver, all in one call, and reads the links back:
--- { [address] = { old, new } }. A device whose interface has a route is refused, as dpdk-devbind.py does.
--- Where `restore` is true they get their old drivers back at the case's end. Options, besides: `timeout` (s), and
---   how = "devbind"   dpdk-devbind.py (or `program`) binds: what users have. The default with `restore`, which
---                     is for machines that outlive the case (t:bind); 0.2 s there, 3 s in an emulated guest
---   how = "sysfs"     one shell script does the same, by its builtins alone. The default without `restore`: a VM's
---                     guest (vm:bind), where each process costs 10 ms; 0.2 s
function devbind.bind(node, devices, driver, given)
  local o = options.take("devbind", given, SPEC)
  return fail.check(engine.devbind(node, { devices = devices, driver = driver, program = program_of(o),
    sysfs = o.sysfs, routes = o.routes, timeout = o.timeout, restore = o.restore or false }))
end

return devbind
