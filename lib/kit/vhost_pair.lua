--- vhost_pair: the setup of the virtio-pmd plans: two vhost-user ports of testpmd and a guest with a virtio NIC on
--- each.

local engine = require "engine"
local hotplug_watch = require "kit.hotplug_watch"
local parse = require "dpdk.parse"
local sampler = require "dpdk.sampler"

local vhost_pair = {}

--- PCI addresses of the two NICs in the guest.
vhost_pair.devices = { "0000:00:05.0", "0000:00:06.0" }

-- The vhost side of each: a port of testpmd, and its socket.
local BACKENDS = {
  ["0000:00:05.0"] = { port = 0, socket = "vhost-net" },
  ["0000:00:06.0"] = { port = 1, socket = "vhost-net1" },
}

--- The peer of each port: symmetric_mp forwards from one to the other.
vhost_pair.peers = { [0] = 1, [1] = 0 }

--- The testpmd of the plans: vhost-net and vhost-net1 with this number of queues, sending on both. `o`, for other
--- values: { client (1: it connects to QEMU; 0: virtio-user ports connect to it), lcores, nb_cores }.
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

--- The VM of the plans, prepared: one virtio NIC on each socket, at 05.0 and 06.0. Its sockets exist before testpmd
--- starts, which looks for them once a second. prepared:launch() runs the guest. `cpus`: one more than DPDK lcores.
function vhost_pair.prepare(t, queues, cpus)
  local function port(socket, mac, addr)
    return { socket = socket, server = true, mac = mac, addr = addr, queues = queues, mrg_rxbuf = true,
      csum = true, mq = true, vectors = 15 }
  end
  return t:prepare_vm { profile = "plan", cpus = cpus, ports = {
    port("vhost-net", "52:54:00:00:00:02", "05.0"),
    port("vhost-net1", "52:54:00:00:00:03", "06.0"),
  } }
end

--- The descriptors of a running NIC's ring. QEMU has the number: rx_queue_size is a request, and 10.0.13 makes rings
--- of 1024 for any. `nic`: QEMU's id of the VM's port, "nic0" for the first; `queue`: 0 (default) receives, 1 sends.
function vhost_pair.ring(vm, nic, queue)
  -- not x-query-virtio-queue-status: it asks the backend for the ring's place (GET_VRING_BASE), which stops the ring
  local status = vm.qmp:execute("x-query-virtio-vhost-queue-status",
    { path = ("/machine/peripheral/%s/virtio-backend"):format(nic), queue = queue or 0 }, 10)
  return status.num
end

--- The packets that a queue of each of the guest's ports may lose at its start, for symmetric.check: { [port] =
--- descriptors of its ring }. testpmd sends while the guest's port starts. Packets on the ring before the end of
--- virtio_dev_start (drivers/net/virtio/virtio_ethdev.c, "Flush the old packets") are dropped and not counted. Most
--- runs lose nothing, some lose the ring of one queue, and never more afterwards. Ask while the port runs.
function vhost_pair.rings(vm)
  return { [0] = vhost_pair.ring(vm, "nic0"), [1] = vhost_pair.ring(vm, "nic1") }
end

--- A watch on hotplug in that VM (lib/kit/hotplug_watch.lua); `pmd` is nil without a backend.
function vhost_pair.watch(t, vm, pmd)
  return hotplug_watch.new(t, { vm = vm, nics = vhost_pair.devices, pmd = pmd, backends = pmd and BACKENDS or nil })
end

--- Stops testpmd. Returns the packets that it sent on each port, for oracle.sent_is_received: { [port] = { tx_packets,
--- queues = { [queue] = { tx } }, seen } }. Checks that `stop`, the port statistics and telemetry agree.
function vhost_pair.stop(t, pmd)
  local forwarded, seen = pmd:stop().ports, pmd:seen()
  local shown, telemetry, sent = pmd:port_stats(), pmd:telemetry(), {}
  for port, record in pairs(forwarded) do
    local tx = record.tx_packets
    t:same({ shown[port].tx_packets, telemetry:port(port).opackets }, { tx, tx },
      ("port %d: port statistics and telemetry of testpmd equal the forwarded packets"):format(port))
    sent[port] = { tx_packets = tx, queues = parse.queue_counters(telemetry:extended(port)), seen = seen }
  end
  telemetry:close()
  return sent
end

local function sum(ports, counter)
  local n = 0
  for _, counted in pairs(ports) do n = n + counted[counter] end
  return n
end

-- Without processor time a process has no event: if packets are missing, the ports must be quiet for this long.
local STILL_SECONDS = 1

--- Waits until the counters of the guest's ports stop: then no packet is on a ring or between two counters. That is
--- certain if they received all of `sent` (vhost_pair.stop's). If a ring was lost (vhost_pair.rings), they must be
--- quiet for a while. Returns their extended statistics from the primary's telemetry:
--- { [port] = { rx_q0_good_packets = n, ... } }. `primary`: a VM or a process, with :telemetry().
function vhost_pair.wait_until_quiet(t, primary, sent)
  sampler.finish_all(t.ctx, primary.node)
  local telemetry = primary:telemetry()
  local function look()
    local extended = {}
    for _, port in ipairs(telemetry:ports()) do extended[port] = telemetry:extended(port) end
    return extended, sum(extended, "rx_good_packets"), sum(extended, "tx_good_packets")
  end
  local extended, rx, tx = look()
  local since = engine.now()
  t:eventually(20, function()
    local last_rx, last_tx = rx, tx
    extended, rx, tx = look()
    if rx ~= last_rx or tx ~= last_tx then since = engine.now() end
    local is_proven = rx == sum(sent, "tx_packets") and rx == last_rx and tx == last_tx
    return is_proven or engine.now() - since >= STILL_SECONDS
  end, "the guest's ports are quiet")
  telemetry:close()
  return extended
end

return vhost_pair
