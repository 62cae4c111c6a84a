-- faults: the catalogue of sabotage, an array of faults that are injected from outside. A fault has
--   name, where    the fault, and the interface that it is injected into
--   run | scenario a bundled scenario, or the text of one
--   reason         texts that the verdict's reason must contain, all of them
--   is_harmless    the scenario's claims still hold: the verdict must be PASS
--   program        the program that gets the shim in front of it; hooks: see relay.lua
--   timeout        seconds for the case (default: trial.lua)
--   is_vm          it needs the VM
--   is_restored    guests are restored from a snapshot (default: booted)

local folder = debug.getinfo(1, "S").source:match "^@(.*)/"
local all = {}

for _, name in ipairs { "symmetric", "hotplug", "telemetry", "testpmd", "scenario", "vm" } do
  for _, fault in ipairs(dofile(("%s/%s.lua"):format(folder, name))) do
    fault.is_vm = name == "vm"
    all[#all + 1] = fault
  end
end

return all
