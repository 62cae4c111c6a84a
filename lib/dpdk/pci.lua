--- pci: the names of PCI devices.

local engine = require "engine"

local pci = {}

--- A device's name as DPDK lists it and sysfs has it: "0000:05:00.0" for a PCI address in any form ("05:00.0",
--- "0000:AF:00.0", "pci:05:00.0"); another device's name stays.
function pci.name(device) return engine.pci_name(device:match "^pci:(.*)$" or device) or device end

--- A table whose keys are devices, with their names as keys.
function pci.named(devices)
  local out = {}
  for device, value in pairs(devices) do out[pci.name(device)] = value end
  return out
end

return pci
