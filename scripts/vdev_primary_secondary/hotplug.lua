-- Test Case 2: Virtio-pmd primary and secondary process hotplug test (vdev_primary_secondary).

local oracle = require "oracle"
local vhost_pair = require "vhost_pair"

local nic0, nic1 = unpack(vhost_pair.devices)

local function start(vm, name, how, id)
  return vm:hotplug_mp { name = name, proc_type = how, portmask = 3, num_procs = 2, proc_id = id }
end

-- Both processes list exactly these: { [device] = port id }.
local function lists_are(t, processes, expected, when)
  for _, process in ipairs(processes) do
    t:same(process:list().by_device, expected, ("%s lists %s"):format(process:name(), when))
  end
end

return rig.case {
  name = "Test Case 2: Virtio-pmd primary and secondary process hotplug test",
  needs = { "testpmd", "vm" }, timeout = 240,

  run = function(t)
    t:phase "1. launch testpmd, set fwd txonly, start"
    local pmd = vhost_pair.testpmd(t, 2)

    t:phase "2. launch VM with two virtio ports"
    local vm = vhost_pair.vm(t, 2)

    t:phase "3. bind virtio ports to vfio-pci"
    vm:bind(vhost_pair.devices, "vfio-pci")

    t:phase "4. start sample code as primary process"
    local both = { [nic0] = 0, [nic1] = 1 }
    local primary = start(vm, "primary", "auto", 0)
    lists_are(t, { primary }, both, "both devices")

    t:phase "5. start sample code as secondary process"
    local secondary = start(vm, "secondary", "secondary", 1)
    local processes = { primary, secondary }
    lists_are(t, processes, both, "both devices")

    for round = 1, 3 do -- step 8 repeats 6 and 7 for 2 times
      t:phase(("6. detach from primary, round %d"):format(round))
      t:equal(primary:detach(nic0).words, "detached device " .. nic0, "the primary's reply")
      lists_are(t, processes, { [nic1] = 1 }, nic1 .. " alone, round " .. round)

      t:phase(("7. attach from secondary, round %d"):format(round))
      t:equal(secondary:attach(nic0).words, "attached device " .. nic0, "the secondary's reply")
      lists_are(t, processes, both, "both devices again, round " .. round)
    end
    t:holds(oracle.same_devices { primary:list(), secondary:list() })

    t:phase "quit all"
    t:equal(secondary:quit().code, 0, "the secondary ended with exit status 0")
    t:equal(primary:quit().code, 0, "the primary ended with exit status 0")
    pmd:quit()
  end,
}
