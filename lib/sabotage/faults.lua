-- faults: the catalogue of sabotage: what can go wrong, put in from outside. An array; each fault has
--   name, where    what goes wrong, and between whom
--   run | scenario the bundled scenario that meets it, or the text of one
--   says           texts that the verdict's reason holds, all of them
--   is_harmless    nothing is wrong with what the scenario claims: its verdict is PASS
--   program        the program that gets the shim in front of it; hooks: see relay.lua
--   timeout        seconds for the case, in place of the default
--   is_vm          it needs the VM
--   is_restored    with guests that are restored from a snapshot; the others are all booted

local folder = debug.getinfo(1, "S").source:match "^@(.*)/"
local all = {}

for _, name in ipairs { "symmetric", "hotplug", "telemetry", "testpmd", "scenario", "vm" } do
  for _, fault in ipairs(dofile(("%s/%s.lua"):format(folder, name))) do
    fault.is_vm = name == "vm"
    all[#all + 1] = fault
  end
end

return all
