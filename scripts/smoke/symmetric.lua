-- symmetric: symmetric_mp on this machine, without VM, NIC, hugepages or root. Two virtio-user ports on testpmd's two
-- vhost ports. One process: several need shared hugepages.

local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

-- The descriptors of each virtio-user ring.
local RING = 256

return rig.case {
  name = "symmetric_mp on this machine, on two vhost ports of testpmd: its counters add up",
  needs = { "testpmd", "examples" }, timeout = 60,

  run = function(t)
    t:phase "launch testpmd, set fwd txonly, start"
    local pmd = vhost_pair.testpmd(t, 1, { client = 0, lcores = "1-2", nb_cores = 1 })

    t:phase "launch symmetric_mp"
    local process = symmetric.start(t, 0, 1, 0, "primary", {
      file_prefix = "symmetric", hugepages = false, memory = 512, pci = false, vdevs = {
        { "net_virtio_user0", path = "vhost-net", queues = 1, cq = 1, queue_size = RING },
        { "net_virtio_user1", path = "vhost-net1", queues = 1, cq = 1, queue_size = RING },
      },
    })
    t:elapse(0.5)

    t:phase "quit, check the statistics"
    local sent = vhost_pair.stop(t, pmd)
    local counted = vhost_pair.wait_until_quiet(t, process, sent)
    symmetric.check(t, symmetric.quit_all(t, { process }), sent, counted, { [0] = RING, [1] = RING })
    pmd:quit()
  end,
}
