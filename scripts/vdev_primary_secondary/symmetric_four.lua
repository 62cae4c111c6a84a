-- Symmetric MP Application Description (vdev_primary_secondary), the example: four instances on lcores 1 to 4 forward
-- between ports 0 and 1. Each port has one queue for each instance.

local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

return rig.case {
  name = "symmetric_mp: four instances on lcores 1-4, ports of four queues",
  plan = "vdev primary and secondary process test plan", case = "Symmetric MP Application Description",
  needs = { "testpmd", "vm" }, timeout = 360,

  setup = function(t)
    t:phase "launch testpmd, set fwd txonly, start"
    local prepared = vhost_pair.prepare(t, 4, 5)
    local pmd = vhost_pair.testpmd(t, 4)

    t:phase "launch VM with two virtio ports"
    local vm = prepared:launch()

    t:phase "bind virtio ports to vfio-pci"
    vm:bind(vhost_pair.devices, "vfio-pci")
    return pmd, vm
  end,

  run = function(t, pmd, vm)
    t:phase "launch four instances"
    local processes = {}
    for id = 0, 3 do processes[id + 1] = symmetric.start(vm, id, 4, id + 1, "auto") end
    t:elapse(3)

    t:phase "quit all processes, check the statistics"
    local sent = vhost_pair.stop(t, pmd)
    local counted = vhost_pair.wait_until_quiet(t, vm, sent)
    local rings = vhost_pair.rings(vm)
    local all = symmetric.quit_all(t, processes)
    t:equal(#all, 4, "four instances printed statistics")
    symmetric.check(t, all, sent, counted, rings)
    pmd:quit()
  end,
}
