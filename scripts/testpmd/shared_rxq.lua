-- shared_rxq: testpmd's forwarding mode shared_rxq on ports that share no Rx queue.

-- shared_rxq_fwd.c, forward_stream_get() reads fs->lcore. config.c, pkt_fwd_shared_rxq_check() sets that field, but
-- only with --rxq-share. Seen with 22.11.11, 24.11.8, 25.11.4 and 26.11-rc0.
local CRASH = { why = "testpmd without --rxq-share crashes at the first burst in mode shared_rxq", says = "SIGSEGV",
  versions = "22.11 to 26.11" }

return rig.case {
  name = "shared_rxq forwards on ports without shared queues", needs = { "testpmd" }, timeout = 30,
  known_issue = CRASH,

  run = function(t)
    local pmd = t:testpmd { vdevs = { "net_null0", "net_null1" } }
    pmd:set_fwd "shared_rxq"
    local ok, counted = pcall(function()
      pmd:start()
      t:elapse(0.1)  -- of traffic
      return pmd:stop()
    end)
    if not ok then pmd:wait() end
    t:truthy(ok, "testpmd forwards and stops: " .. tostring(counted))
    t:at_least(counted.ports[0].rx_packets, 1, "packets received")
    pmd:quit()
  end,
}
