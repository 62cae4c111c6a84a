-- loopback: the vhost port of one testpmd and the virtio-user port of another, back to back on this machine, without
-- VM, NIC, hugepages or root. Packets out equal packets in, one way and then the other.

local oracle = require "kit.oracle"

-- Names of the counters in telemetry.
local COUNTERS = { rx = "ipackets", tx = "opackets" }

-- The packets of testpmd's port, `counter` = rx or tx. Checks that `stop`, the port statistics and telemetry agree.
local function stop_and_count(t, pmd, counter)
  local counted = pmd:stop().ports[0][counter .. "_packets"]
  local telemetry = pmd:telemetry()
  local shown, in_telemetry = pmd:port_stats(0)[counter .. "_packets"], telemetry:port(0)[COUNTERS[counter]]
  telemetry:close()
  t:same({ shown, in_telemetry }, { counted, counted },
    ("%s: %s of port statistics and telemetry equal the forwarded packets"):format(pmd:name(), counter))
  return counted
end

-- Clears the counters and checks them.
local function clear(t, pmd)
  pmd:command "clear port stats all"
  local stats = pmd:port_stats(0)
  t:same({ stats.rx_packets, stats.tx_packets }, { 0, 0 }, pmd:name() .. ": the counters are cleared")
end

-- One way: `from` sends for a second, `to` receives all packets.
local function send(t, from, to, way)
  t:phase("traffic " .. way)
  clear(t, from)
  clear(t, to)
  to:set_fwd "rxonly"
  to:start()
  from:set_fwd "txonly"
  from:start()
  t:elapse(1)
  local sent = stop_and_count(t, from, "tx")
  t:at_least(sent, 1000, way .. ": packets were sent")
  t:eventually(5, function() return to:port_stats(0).rx_packets >= sent end, "all received")
  local received = stop_and_count(t, to, "rx")
  t:value(way, { sent = sent, received = received })
  local ok, detail = oracle.in_equals_out({ [0] = { tx_packets = sent } }, { [0] = { rx_packets = received } })
  t:holds(ok, detail, way .. ": packets out equal packets in")
end

return rig.case {
  name = "vhost and virtio-user, back to back: packets out equal packets in, both ways",
  needs = { "testpmd" }, timeout = 60,

  run = function(t)
    t:phase "start the vhost side"
    local vhost = t:testpmd {
      name = "vhost", file_prefix = "vhost", lcores = "1-2", rxq = 1, txq = 1, nb_cores = 1,
      vdevs = { { "net_vhost0", iface = "vhost-net", queues = 1 } },
    }

    t:phase "start the virtio-user side"
    local virtio = t:testpmd {
      name = "virtio", file_prefix = "virtio", lcores = "3-4", rxq = 1, txq = 1, nb_cores = 1,
      vdevs = { { "net_virtio_user0", path = "vhost-net", queues = 1 } },
    }
    t:eventually(10, function() return vhost:port_info(0).link == "up" end, "the vhost link is up")

    send(t, vhost, virtio, "vhost to virtio-user")
    send(t, virtio, vhost, "virtio-user to vhost")

    t:phase "quit"
    for _, pmd in ipairs { virtio, vhost } do
      local ok, detail = oracle.no_eal_errors(pmd.console:since(0))
      t:holds(ok, detail, pmd:name() .. ": no EAL error")
      pmd:quit()
    end
  end,
}
