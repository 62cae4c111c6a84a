-- NAME: a guest with two vhost-user ports of testpmd, bound to vfio-pci.
local vhost_pair = require "kit.vhost_pair"

return rig.case {
  name = "NAME",
  needs = { "testpmd", "vm" }, timeout = 240,

  setup = function(t)
    t:phase "launch testpmd"
    local prepared = vhost_pair.prepare(t, 2)  -- QEMU's sockets exist before testpmd starts
    local pmd = vhost_pair.testpmd(t, 2)       -- 2 queues, txonly, started

    t:phase "launch the VM"
    return pmd, prepared:launch()
  end,

  run = function(t, pmd, vm)
    t:equal(vm:run({ "hostname" }).out, "guest\n", "the name of the guest")

    t:phase "bind"
    local bound = vm:bind(vhost_pair.devices, "vfio-pci")
    for _, device in ipairs(vhost_pair.devices) do
      t:equal(bound[device].new, "vfio-pci", device .. " is bound")
    end
    pmd:quit()
  end,
}
