-- Test Case 2: Virtio-pmd primary and secondary process hotplug test (vdev_primary_secondary).

local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

local nic0, nic1 = unpack(vhost_pair.devices)
local BOTH, ALONE = { [nic0] = 0, [nic1] = 1 }, { [nic1] = 1 }

local function start(vm, name, how, id)
  return vm:hotplug_mp { name = name, proc_type = how, portmask = 3, num_procs = 2, proc_id = id }
end

-- Two processes forward from each NIC to the other, as in test case 1. Counters must add up.
local function traffic(t, pmd, vm, watch)
  local processes = { symmetric.start(vm, 0, 2, 1, "auto"), symmetric.start(vm, 1, 2, 2, "secondary") }
  watch:follow(processes, { lists = false })
  t:elapse(2)
  watch:check_consistent { devices = BOTH, when = "with traffic" }
  local sent = vhost_pair.stop(t, pmd)
  local counted = vhost_pair.wait_until_quiet(t, vm, sent)
  local rings = vhost_pair.rings(vm)
  symmetric.check(t, symmetric.quit_all(t, processes), sent, counted, rings)
end

return rig.case {
  name = "Test Case 2: Virtio-pmd primary and secondary process hotplug test",
  plan = "vdev primary and secondary process test plan", case = "Test Case 2: hotplug test",
  needs = { "testpmd", "vm" }, timeout = 240,

  setup = function(t)
    t:phase "1. launch testpmd, set fwd txonly, start"
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = vhost_pair.testpmd(t, 2)

    t:phase "2. launch VM with two virtio ports"
    local vm = prepared:launch()

    t:phase "3. bind virtio ports to vfio-pci"
    vm:bind(vhost_pair.devices, "vfio-pci")
    return pmd, vm, vhost_pair.watch(t, vm, pmd)
  end,

  run = function(t, pmd, vm, watch)
    t:phase "4. start sample code as primary process"
    local primary = start(vm, "primary", "auto", 0)
    watch:follow { primary }
    watch:check_consistent { devices = BOTH, when = "in the primary" }

    t:phase "5. start sample code as secondary process"
    local secondary = start(vm, "secondary", "secondary", 1)
    watch:follow { primary, secondary }
    watch:check_consistent { devices = BOTH, when = "in both" }

    for round = 1, 3 do -- step 8 repeats 6 and 7 for 2 times
      t:phase(("6. detach from primary, round %d"):format(round))
      watch:check_consistent { reply = primary:detach(nic0), words = "detached device " .. nic0, devices = ALONE }

      t:phase(("7. attach from secondary, round %d"):format(round))
      watch:check_consistent { reply = secondary:attach(nic0), words = "attached device " .. nic0, devices = BOTH }
    end

    t:phase "quit all"
    t:equal(secondary:quit().code, 0, "the secondary exited with status 0")
    t:equal(primary:quit().code, 0, "the primary exited with status 0")
    watch:follow({}, { lists = false })
    watch:check_consistent { devices = {}, when = "without any process" }

    t:phase "traffic runs again"
    traffic(t, pmd, vm, watch)
    pmd:quit()
  end,
}
