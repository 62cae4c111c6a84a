-- NAME: the same steps for each row. A row is a case of its own: `moonrig run 'NAME[io-queues1]'` runs one.
return rig.case {
  name = "NAME",
  needs = { "testpmd" }, timeout = 60, tags = { "smoke" },

  -- each combination of these lists, but those that `where` drops
  each = { mode = { "io", "mac", "rxonly" }, queues = { 1, 2 },
    where = function(row) return row.mode ~= "mac" or row.queues == 1 end },

  setup = function(t, row)
    local pmd = t:testpmd { vdevs = { "net_null0" }, lcores = "1-2", rxq = row.queues, txq = row.queues }
    pmd:set_fwd(row.mode)
    return pmd
  end,

  run = function(t, row, pmd)
    pmd:start()
    t:eventually(10, function() return pmd:port_stats(0).rx_packets > 1000 end, "packets are received")
    local ports = pmd:stop().ports
    t:equal(ports[0].tx_packets == 0, row.mode == "rxonly", "packets are sent in all modes but rxonly")
    pmd:quit()
  end,
}
