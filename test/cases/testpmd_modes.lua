-- testpmd_modes: testpmd's statistics at `stop` are read in each forwarding mode, of one queue and several, with and
-- without records of bursts and cycles.

-- Without shared_rxq: it needs ports that share queues.
local MODES = { "io", "mac", "macswap", "flowgen", "rxonly", "txonly", "csum", "icmpecho", "noisy", "5tswap" }

-- No driver of ours has this one: RTE_ETH_RX_OFFLOAD_MACSEC_STRIP.
local OFFLOAD = "--rx-offloads=0x80"

local function stop_in_each_mode(t, pmd, queues)
  for _, mode in ipairs(MODES) do
    pmd:set_fwd(mode)
    pmd:start()
    t:elapse(0.02)
    local counted = pmd:stop()
    t:equal(#counted.streams, queues > 1 and 2 * queues or 0, mode .. ": the streams of " .. queues .. " queues")
    t:truthy(counted.ports[0].rx_total and counted.ports[1].tx_total, mode .. ": the ports of " .. queues .. " queues")
  end
end

return rig.case {
  name = "testpmd's statistics in each forwarding mode", needs = { "testpmd" }, timeout = 120,

  run = function(t)
    t:raises(function() t:testpmd { vdevs = { "net_null0" }, args = { OFFLOAD } } end,
      "a port could not be started: Fail to configure port 0", "an offload that the port does not have")
    for _, queues in ipairs { 1, 2 } do
      local pmd = t:testpmd { name = "queues-" .. queues, vdevs = { "net_null0", "net_null1" },
        rxq = queues, txq = queues }
      for _, record in ipairs { "off", "on" } do
        t:equal(pmd:command("set record-burst-stats " .. record), "", "record of bursts: " .. record)
        t:equal(pmd:command("set record-core-cycles " .. record), "", "record of cycles: " .. record)
        stop_in_each_mode(t, pmd, queues)
      end
      pmd:start()
      t:raises(function() pmd:start() end, "does not forward: Packet forwarding already started", "a second start")
      pmd:stop()
      pmd:command "port stop 0"
      t:raises(function() pmd:start(true) end, "does not forward: Not all ports were started", "a stopped port")
      pmd:quit()
    end
  end,
}
