-- NAME: testpmd alone, without a NIC: its port receives its own packets.
local oracle = require "kit.oracle"

return rig.case {
  name = "NAME",
  needs = { "testpmd" }, timeout = 60,

  setup = function(t)
    local pmd = t:testpmd { vdevs = { "net_ring0" }, lcores = "1-2" }
    pmd:set_fwd "io"
    return pmd
  end,

  run = function(t, pmd)
    t:phase "traffic"
    pmd:start(true)  -- sends a first burst
    t:eventually(10, function() return pmd:port_stats(0).rx_packets > 1000 end, "packets are received")
    local stats = pmd:stop()

    t:phase "check"
    t:holds(oracle.received(stats.ports, 1))
    pmd:quit()
  end,
}
