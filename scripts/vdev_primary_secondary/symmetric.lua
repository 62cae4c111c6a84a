-- Test Case 1: Virtio-pmd primary and secondary process symmetric test (vdev_primary_secondary).
-- SW preparation: symmetric_mp is built without its receive checksum offload (vm/examples.lua).

local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

return rig.case {
  name = "Test Case 1: Virtio-pmd primary and secondary process symmetric test",
  plan = "vdev primary and secondary process test plan", case = "Test Case 1: symmetric test",
  needs = { "testpmd", "vm" }, timeout = 240,

  setup = function(t)
    t:phase "1. launch testpmd, set fwd txonly, start"
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = vhost_pair.testpmd(t, 2)

    -- queues=2: each process receives from the queue whose index is its proc-id
    t:phase "2. launch VM with two virtio ports"
    local vm = prepared:launch()

    t:phase "3. bind virtio ports to vfio-pci"
    local bound = vm:bind(vhost_pair.devices, "vfio-pci")
    for _, device in ipairs(vhost_pair.devices) do
      t:equal(bound[device].new, "vfio-pci", device .. " is bound to vfio-pci")
    end
    return pmd, vm
  end,

  run = function(t, pmd, vm)
    t:phase "4. launch two processes"
    local primary = symmetric.start(vm, 0, 2, 1, "auto")
    local secondary = symmetric.start(vm, 1, 2, 2, "secondary")
    t:elapse(3)

    t:phase "5. quit all processes, check the statistics"
    local sent = vhost_pair.stop(t, pmd)
    local counted = vhost_pair.wait_until_quiet(t, vm, sent)
    local rings = vhost_pair.rings(vm)
    local all = symmetric.quit_all(t, { primary, secondary })
    symmetric.check(t, all, sent, counted, rings)
    pmd:quit()
  end,
}
