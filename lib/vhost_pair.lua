--- vhost_pair: the setup of the virtio-pmd plans: two vhost-user ports of testpmd, a guest with a
--- virtio NIC on each.

local vhost_pair = {}

--- Where the guest finds the two NICs.
vhost_pair.devices = { "0000:00:05.0", "0000:00:06.0" }

--- Each port's neighbour: symmetric_mp forwards from one to the other.
vhost_pair.peers = { [0] = 1, [1] = 0 }

--- The plans' testpmd: vhost-net and vhost-net1 with so many queues, sending on both. `o`, where it is not
--- the plans': { client (1: it connects to QEMU; 0: virtio-user ports connect to it), lcores, nb_cores }.
function vhost_pair.testpmd(t, queues, o)
  o = o or {}
  local client = o.client or 1
  local pmd = t:testpmd {
    lcores = o.lcores or "1-6", file_prefix = "vhost", nb_cores = o.nb_cores or 4,
    rxq = queues, txq = queues, txd = 1024, rxd = 1024,
    vdevs = {
      { "net_vhost", iface = "vhost-net", queues = queues, client = client },
      { "net_vhost1", iface = "vhost-net1", queues = queues, client = client },
    },
  }
  pmd:set_fwd "txonly"
  pmd:start()
  return pmd
end

--- The plans' VM: one virtio NIC on each socket, at 05.0 and 06.0. `cpus`: one more than DPDK lcores.
function vhost_pair.vm(t, queues, cpus)
  local function port(socket, mac, addr)
    return { socket = socket, server = true, mac = mac, addr = addr, queues = queues, mrg_rxbuf = true,
      csum = true, mq = true, vectors = 15 }
  end
  return t:vm { cpus = cpus, ports = {
    port("vhost-net", "52:54:00:00:00:02", "05.0"),
    port("vhost-net1", "52:54:00:00:00:03", "06.0"),
  } }
end

--- Waits until the guest's ports have nothing left to receive: two looks at the primary's telemetry
--- show the same. `primary`: what has :telemetry(), a VM or a process. To be asked once testpmd
--- has stopped: then no packet is between two counters.
function vhost_pair.settle(t, primary)
  local telemetry = primary:telemetry()
  local function received()
    local sum = 0
    for _, port in ipairs(telemetry:ports()) do sum = sum + telemetry:port(port).ipackets end
    return sum
  end
  local before = received()
  t:eventually(20, function()
    local now = received()
    local is_same = now == before
    before = now
    return is_same
  end, "the guest's ports are quiet")
  telemetry:close()
  return before
end

return vhost_pair
