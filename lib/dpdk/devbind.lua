--- devbind: devices and their drivers on a node, over sysfs or by dpdk-devbind.py.

local engine = require "engine"
local fail = require "base.fail"
local suggest = require "base.suggest"
local options = require "base.options"
local show = require "base.show"

local devbind = {}

-- Drivers for DPDK, and of the kernel.
local DRIVERS = { ["vfio-pci"] = true, uio_pci_generic = true, ["virtio-pci"] = true, igb_uio = true }

-- The program that binds; nil: the node's shell writes to sysfs.
local function program_of(o)
  local how = o.how or ((o.program or o.restore) and "devbind" or "sysfs")
  if how == "devbind" then return o.program or "dpdk-devbind.py" end
  if o.program then fail.misuse('devbind: how = "sysfs" runs no program: %q', o.program) end
  if o.restore then fail.misuse 'devbind: restore needs how = "devbind"' end
end

--- Binds devices (an array of PCI addresses) to a driver, all in one call, and reads the links back: { [address] = {
--- old, new } }. A device whose interface has a route is refused, as dpdk-devbind.py does. `restore`: they get their
--- old drivers back at the case's end. Options: engine/prim/devbind_argv.c; `how` is "devbind" with `restore` (t:bind),
--- and "sysfs" without (vm:bind): in a guest each process costs 10 ms.
function devbind.bind(node, devices, driver, given)
  local o = options.take("devbind", given, options.of "devbind")
  local bound, err = engine.devbind(node, { devices = devices, driver = driver, program = program_of(o),
    sysfs = o.sysfs, routes = o.routes, timeout = o.timeout, restore = o.restore or false })
  if not bound and not DRIVERS[driver] then
    err.what = err.what:gsub("%s+$", "") .. suggest.hint(driver, show.sorted_keys(DRIVERS))
  end
  return fail.check(bound, err)
end

return devbind
