-- secondaries: symmetric_mp twice on this machine, a primary and its secondary on hugepages, without VM or NIC. Two
-- virtio-user ports of two queues on testpmd's two vhost ports.

local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

-- The descriptors of each virtio-user ring.
local RING = 256

local function port(name, socket) return { name, path = socket, queues = 2, cq = 1, queue_size = RING } end

return rig.case {
  name = "symmetric_mp on this machine, a primary and its secondary: their counters add up",
  needs = { "testpmd", "examples", "hugepages" }, timeout = 60,

  run = function(t)
    t:phase "launch testpmd, set fwd txonly, start"
    local pmd = vhost_pair.testpmd(t, 2, { client = 0, lcores = "1-2", nb_cores = 1 })

    t:phase "launch two processes"
    local primary = symmetric.start(t, 0, 2, 0, "primary", { file_prefix = "symmetric", pci = false,
      vdevs = { port("net_virtio_user0", "vhost-net"), port("net_virtio_user1", "vhost-net1") } })
    local secondary = symmetric.start(t, 1, 2, 1, "secondary", { file_prefix = "symmetric", pci = false })
    t:elapse(0.5)

    t:phase "quit, check the statistics"
    local sent = vhost_pair.stop(t, pmd)
    local counted = vhost_pair.wait_until_quiet(t, primary, sent)
    symmetric.check(t, symmetric.quit_all(t, { primary, secondary }), sent, counted, { [0] = RING, [1] = RING })
    pmd:quit()
  end,
}
