-- guest_nics: a guest's NICs have the properties that their ports were given, as the guest sees them; the kernel drives
-- those that it was given and no other one.

local vhost_pair = require "kit.vhost_pair"

-- Bits of a virtio device's features (linux/virtio_config.h, linux/virtio_net.h).
local MTU, GUEST_TSO4, MRG_RXBUF, INDIRECT_DESC, EVENT_IDX, VERSION_1, RING_PACKED = 3, 7, 15, 28, 29, 32, 34

local PORTS = {
  { socket = "vhost-net", mac = "52:54:00:00:00:01", kernel = true, disable_modern = true, mrg_rxbuf = false,
    event_idx = false, indirect_desc = false, guest_tso4 = false, guest_ecn = false, rx_queue_size = 512 },
  { socket = "vhost-net1", mac = "52:54:00:00:00:02" },
  { socket = "vhost-net2", mac = "52:54:00:00:00:03", kernel = true, packed = true, rx_queue_size = 1024,
    tx_queue_size = 512, host_mtu = 1400 },
}

-- A NIC of the guest's kernel: its interface, and what is in the files and commands about it.
local function look(vm, address)
  local r = vm:run { "sh", "-c", [[
    cd /sys/bus/pci/devices/$1/virtio*/net/* && name=${PWD##*/} && echo "name $name" &&
    echo "mac $(cat address)" && echo "mtu $(cat mtu)" && echo "features $(cat ../../features)" &&
    ethtool -g "$name" | sed -n 's/^RX:[^0-9]*/rx /p; s/^TX:[^0-9]*/tx /p']], "sh", address }
  local seen = {}
  for key, value in r.out:gmatch "(%l+) ([^\n]+)" do seen[key] = seen[key] or value end
  return seen
end

-- What a port asks for is what QEMU was given, and the guest sees the ring that QEMU made of it: 10.0.13 makes 1024 of
-- any. `queue`: of virtio, 0 to receive and 1 to send.
local function check_ring(t, vm, id, queue, port, seen)
  local property = queue == 0 and "rx_queue_size" or "tx_queue_size"
  local asked = vm.qmp:execute("qom-get", { path = "/machine/peripheral/" .. id, property = property })
  t:equal(asked, port[property], id .. ": " .. property)
  t:equal(seen, tostring(vhost_pair.ring(vm, id, queue)), ("%s: descriptors of queue %d"):format(id, queue))
end

local function has(nic, bit) return nic.features:sub(bit + 1, bit + 1) == "1" end

return rig.case {
  name = "a guest's NICs are what their ports say", needs = { "vm", "testpmd" }, timeout = 120,

  run = function(t)
    local prepared, vdevs = t:prepare_vm { ports = PORTS }, {}
    for i, port in ipairs(PORTS) do vdevs[i] = { "net_vhost" .. i, iface = port.socket, client = true } end
    local host = t:testpmd { lcores = "1-2", vdevs = vdevs }
    local vm = prepared:launch()

    t:phase "an old one"
    local nic = look(vm, "0000:00:05.0")
    t:equal(nic.mac, PORTS[1].mac, "the MAC address")
    check_ring(t, vm, "nic0", 0, PORTS[1], nic.rx)
    t:equal(nic.mtu, "1500", "the MTU")
    for name, bit in pairs { MTU = MTU, MRG_RXBUF = MRG_RXBUF, INDIRECT_DESC = INDIRECT_DESC, EVENT_IDX = EVENT_IDX,
      VERSION_1 = VERSION_1, RING_PACKED = RING_PACKED, GUEST_TSO4 = GUEST_TSO4 } do
      t:truthy(not has(nic, bit), "without " .. name)
    end

    t:phase "a new one"
    nic = look(vm, "0000:00:07.0")
    t:equal(nic.mac, PORTS[3].mac, "the MAC address")
    check_ring(t, vm, "nic2", 0, PORTS[3], nic.rx)
    check_ring(t, vm, "nic2", 1, PORTS[3], nic.tx)
    t:equal(nic.mtu, "1400", "the MTU")
    for name, bit in pairs { MTU = MTU, MRG_RXBUF = MRG_RXBUF, INDIRECT_DESC = INDIRECT_DESC, EVENT_IDX = EVENT_IDX,
      VERSION_1 = VERSION_1, RING_PACKED = RING_PACKED, GUEST_TSO4 = GUEST_TSO4 } do
      t:truthy(has(nic, bit), "with " .. name)
    end

    t:phase "one that the kernel does not drive"
    t:same(look(vm, "0000:00:06.0"), {}, "an interface of it")
    vm:bind { "0000:00:06.0" }
    local pmd = vm:testpmd { mbufs = 4096 }
    t:equal(pmd:port_info(0).mac, PORTS[2].mac, "the NIC of the guest's testpmd")
    pmd:quit()

    t:phase "traffic between the kernel's NICs, through testpmd"
    host:command "set portlist 0,2"
    host:start()
    local r = vm:run { "sh", "-c", [[
      ip netns add other && ip link set eth1 netns other && ip -n other addr add 192.0.2.2/24 dev eth1 &&
      ip -n other link set eth1 up && ip addr add 192.0.2.1/24 dev eth0 && ip link set eth0 up]] }
    t:equal(r.code, 0, "addresses: " .. r.err)
    t:eventually(20, function() return vm:run({ "ping", "-c", "1", "-W", "1", "192.0.2.2" }).code == 0 end,
      "a ping comes back")
    host:stop()
    host:quit()
    vm:quit()
  end,
}
