-- NAME: the same steps for each cell of a matrix. Each cell has its own verdict.
local MODES = { "io", "mac", "rxonly" }
local QUEUES = { 1, 2 }

return rig.case {
  name = "NAME",
  needs = { "testpmd" }, timeout = 120,

  run = function(t)
    for _, mode in ipairs(MODES) do
      for _, queues in ipairs(QUEUES) do
        t:cell(("%s with %d queues"):format(mode, queues), function()
          local pmd = t:testpmd { vdevs = { "net_null0" }, lcores = "1-2", rxq = queues, txq = queues }
          pmd:set_fwd(mode)
          pmd:start()
          t:eventually(10, function() return pmd:port_stats(0).rx_packets > 1000 end, "packets are received")
          pmd:stop()
          pmd:quit()
        end)
      end
    end
  end,
}
