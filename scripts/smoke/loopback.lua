-- loopback: testpmd's vhost port and another testpmd's virtio-user port back to back, on this machine,
-- without VM, NIC, hugepages or root: packets out equal packets in, one way and then the other.

local oracle = require "oracle"

-- One way: `from` sends for a second, `to` receives until it has all of it.
local function send(t, from, to, way)
  t:phase("traffic " .. way)
  from:command "clear port stats all"
  to:command "clear port stats all"
  to:set_fwd "rxonly"
  to:start()
  from:set_fwd "txonly"
  from:start()
  t:elapse(1)
  from:stop()
  local sent = from:port_stats(0)
  t:at_least(sent.tx_packets, 1000, way .. ": packets were sent")
  t:eventually(5, function() return to:port_stats(0).rx_packets >= sent.tx_packets end, "all received")
  to:stop()
  local received = to:port_stats(0)
  t:value(way, { sent = sent.tx_packets, received = received.rx_packets })
  local ok, detail = oracle.in_equals_out({ [0] = sent }, { [0] = received })
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
    virtio:quit()
    vhost:quit()
  end,
}
