-- Replies and logs of hotplug_mp and testpmd 22.11, captured on a pty.

local helper = require "specs.helper"
local parse = require "dpdk.parse"
local pty, swap, refuses = helper.pty, helper.swap, helper.refuses

local LIST = pty "list all etherdev\n0\t0000:00:05.0\n1\t0000:00:06.0\nexample> "

local INFO = pty [[

********************* Infos for port 0  *********************
MAC address: 56:48:4F:53:54:00
Device name: net_vhost0
Driver name: net_vhost
Firmware-version: not available
Devargs: iface=/tmp/pl/v0,queues=1
Connect to socket: 0
memory allocation on the socket: 0
Link status: up
Link speed: 10 Gbps
Link duplex: full-duplex
Autoneg status: Off
MTU: 1500
Promiscuous mode: enabled
Allmulticast mode: disabled
Maximum number of MAC addresses: 1
VLAN offload: 
  strip off, filter off, extend off, qinq strip off
No RSS offload flow type is supported.
Maximum configurable length of RX packet: 4294967295
Current number of RX queues: 2
Max possible RX queues: 4
Max possible number of RXDs per queue: 65535
Current number of TX queues: 1
Max possible TX queues: 3
Device error handling mode: none
]]

describe("parse.device_list", function()
  it("reads ports and devices", function()
    local list = assert(parse.device_list(LIST))
    assert.equal(2, #list)
    assert.same({ port = 1, device = "0000:00:06.0" }, list[2])
    assert.same({ ["0000:00:05.0"] = 0, ["0000:00:06.0"] = 1 }, list.by_device)
    assert.equal("0000:00:05.0", list.by_port[0])
  end)

  it("reads an empty list, which is what hotplug_mp prints when nothing is left", function()
    assert.equal(0, #parse.device_list("list all etherdev\r\nexample> "))
  end)

  it("is not disturbed by echo, prompt and logs", function()
    local text = "example> list\r\r\nexample> EAL: Probe PCI driver: net_virtio (1af4:1000) device: "
      .. "0000:00:05.0 (socket 0)\r\n" .. swap(LIST, "1\t", "example> eth_dev_close(): closed\r\n1\t")
    assert.same(parse.device_list(LIST), parse.device_list(text))
  end)

  local sabotage = {
    { "a device twice", "0000:00:06.0", "0000:00:05.0", "device 0000:00:05.0 a second time" },
    { "a port twice", "1\t", "0\t", "port 0 a second time" },
    { "a list twice", LIST, LIST .. LIST, "a second list" },
    { "no first line", "list all etherdev", "", "before the list's first line" },
    { "a row cut behind the port", "1\t0000:00:06.0", "1", "neither a device" },
    { "a row cut in front", "1\t0000:00:06.0", "0000:00:06.0", "neither a device" },
    { "a row cut at the end of the text", "06.0\r\nexample> ", "06", "cut at the end" },
    { "a prompt inside a row", "06.0\r\nexample> ", "06example> \r\n", "neither a device" },
    { "two rows in one line", ".0\r\n1\t", ".01\t", "neither a device" },
    { "a row behind a log line without its end", "\r\n1\t", "\r\nEAL: Probe 0\t", "neither a device" },
    { "a negative port", "1\t", "-1\t", "neither a device" },
    { "an impossible port", "1\t", "65536\t", "larger" },
    { "a name with control characters", "0000:00:06.0", "0000:\1", "neither a device" },
    { "chatter", "1\t", "Segmentation fault\r\n1\t", "neither a device" },
    { "hotplug_mp's own doubt", "1\t", "empty dev_name is not expected!\r\n1\t", "without a name" },
  }
  for _, case in ipairs(sabotage) do
    it("refuses " .. case[1], function()
      refuses(case[4], parse.device_list(swap(LIST, case[2], case[3])))
    end)
  end

  it("refuses silence", function()
    refuses("list all etherdev", parse.device_list(""))
    refuses("list all etherdev", parse.device_list("Command not found\r\n"))
  end)
end)

describe("parse.hotplug_reply", function()
  local D = "0000:00:05.0"
  local function reply(verb, device, text) return parse.hotplug_reply(verb, device, pty(text)) end

  it("knows each answer", function()
    for _, case in ipairs {
      { "detach", "detaching...\ndetached device " .. D .. "\n", true, "detached device " .. D },
      { "attach", "attached device " .. D .. "\n", true, "attached device " .. D },
      { "attach", "failed to attached device " .. D .. "\n", false, "failed to attached device " .. D },
      { "detach", "failed to detach device " .. D .. "\n", false, "failed to detach device " .. D },
      { "attach", "cannot parse devargs\n", false, "cannot parse devargs" },
    } do
      local got = assert(reply(case[1], D, case[2]))
      assert.same({ case[3], case[4] }, { got.ok, got.words })
    end
  end)

  it("takes devargs and buses for their device, and an empty name", function()
    assert.is_true(reply("attach", "net_null1,size=64", "attached device net_null1\n").ok)
    assert.is_true(reply("attach", "pci:" .. D, "attached device " .. D .. "\n").ok)
    for _, form in ipairs { "00:05.0", "0:5.0", "pci:00:05.0", "00000000:00:05.0" } do
      assert.is_true(reply("attach", form, "attached device 0000:00:05.0\n").ok)
      assert.is_true(reply("attach", form .. ",x=1", ("attached device %s\n"):format(form:gsub("^pci:", ""))).ok)
    end
    assert.is_true(reply("detach", "0000:AF:00.1", "detached device 0000:af:00.1\n").ok)
    assert.is_false(reply("attach", ",,", "failed to attached device \n").ok)
  end)

  it("shows the EAL's complaint beside a reply that says it went well", function()
    local got = reply("attach", "net_null0",
      "EAL: Failed to attach device on primary process\nattached device net_null0\nexample> ")
    assert.is_true(got.ok)
    assert.equal("EAL: Failed to attach device on primary process", got.log[1].text)
  end)

  it("reads behind an echo and a late log line", function()
    assert.is_true(reply("detach", D, "example> detach " .. D .. "\nexample> EAL: hm\ndetaching...\n"
      .. "detached device " .. D .. "\nexample> ").ok)
  end)

  local sabotage = {
    { "another device", "detach", "detached device 0000:00:06.0\n", "another device" },
    { "a longer device", "detach", "detached device " .. D .. "0\n", "another device" },
    { "the other verb", "detach", "attached device " .. D .. "\n", "answers attach" },
    { "two replies", "detach", ("detached device " .. D .. "\n"):rep(2), "a second reply" },
    { "both outcomes", "attach", "attached device " .. D .. "\nfailed to attached device " .. D .. "\n",
      "a second reply" },
    { "a cut reply", "detach", "detached device 0000:00:05.0", "cut at the end" },
    { "a reply cut in front", "detach", "tached device " .. D .. "\n", "cut or garbled" },
    { "a reply behind other text", "attach", "xx attached device " .. D .. "\n", "cut or garbled" },
    { "nothing", "detach", "detaching...\nexample> ", "no reply" },
    { "no text", "detach", "", "no reply" },
    { "an unknown command", "attach", "Command not found\n", "no reply" },
    { "bad arguments", "attach", "Bad arguments\n", "no reply" },
  }
  for _, case in ipairs(sabotage) do
    it("refuses " .. case[1], function() refuses(case[4], reply(case[2], D, case[3])) end)
  end
end)

describe("parse.port_info", function()
  it("reads the fields a scenario needs", function()
    assert.same({ mac = "56:48:4F:53:54:00", name = "net_vhost0", driver = "net_vhost",
      devargs = "iface=/tmp/pl/v0,queues=1", socket = 0, link = "up", speed = "10 Gbps",
      duplex = "full-duplex", mtu = 1500, promiscuous = true, allmulticast = false, rx_queues = 2,
      max_rx_queues = 4, tx_queues = 1, max_tx_queues = 3 }, parse.port_info(INFO)[0])
  end)

  it("refuses what is cut, doubled or garbled", function()
    refuses("the text is cut", parse.port_info(INFO:sub(1, #INFO - 150)))
    refuses("link is cut", parse.port_info(swap(INFO, "Link status: up", "Link status: u")))
    refuses("mac is cut", parse.port_info(swap(INFO, "56:48:4F:53:54:00", "56:48")))
    refuses("a second time", parse.port_info(swap(INFO, "MTU: 1500", "MTU: 1500\r\nMTU: 1500")))
    refuses("port 0 a second time", parse.port_info(INFO .. INFO))
    refuses("Invalid port 9", parse.port_info("Invalid port 9\r\n"))
    refuses("header", parse.port_info(swap(INFO, "port 0  ****", "port ****")))
    refuses("header", parse.port_info(swap(INFO, "port 0  ****", "port 65536  ****")))
    refuses("socket is cut", parse.port_info(swap(INFO, "Connect to socket: 0", "Connect to socket: 0x0")))
    refuses("no port's information", parse.port_info(""))
  end)
end)

describe("parse.vhost_events", function()
  it("reads a connection from both sides", function()
    local events = parse.vhost_events(pty [[
testpmd> VHOST_CONFIG: (/tmp/v0) new vhost user connection is 20
VHOST_CONFIG: (/tmp/v0) new device, handle is 0
VHOST_CONFIG: (/tmp/v0) read message VHOST_USER_SET_OWNER
VHOST_CONFIG: (/tmp/v0) new device status(0x0000000f):
VHOST_CONFIG: (/tmp/v0) virtio is now ready for processing.

Port 0: link state change event
VHOST_CONFIG: (/tmp/a (b) c) vhost peer closed
VHOST_CONFIG: (/tmp/v1) failed to connect: No such file or directory
VHOST_CONFIG: (/tmp/v1) reconnecting...
VHOST_CONFIG: (/tmp/v1) connected
]])
    local seen = {}
    for i, e in ipairs(events) do seen[i] = e.event end
    assert.same({ "connected", "new_device", "status", "ready", "closed", "connect_failed", "reconnecting",
      "connected" }, seen)
    assert.same({ line = 1, socket = "/tmp/v0", event = "connected", fd = 20 }, events[1])
    assert.equal(0, events[2].device)
    assert.equal(15, events[3].status)
    assert.equal("/tmp/a (b) c", events[5].socket)
    assert.equal("No such file or directory", events[6].why)
  end)

  -- captured: hotplug_mp detaches the NIC behind vhost-net in the guest, and attaches it again
  it("reads a NIC's going and coming in the guest", function()
    local events = parse.vhost_events(pty [[
testpmd> VHOST_CONFIG: (/tmp/m/vhost-net) read message VHOST_USER_GET_VRING_BASE

Port 0: link state change event
VHOST_CONFIG: (/tmp/m/vhost-net) vring base idx:0 file:0
VHOST_CONFIG: (/tmp/m/vhost-net) read message VHOST_USER_GET_VRING_BASE
VHOST_CONFIG: (/tmp/m/vhost-net) vring base idx:1 file:256
VHOST_CONFIG: (/tmp/m/vhost-net) read message VHOST_USER_SET_STATUS
VHOST_CONFIG: (/tmp/m/vhost-net) new device status(0x00000000):
VHOST_CONFIG: (/tmp/m/vhost-net) 	-RESET: 1
VHOST_CONFIG: (/tmp/m/vhost-net) 	-FAILED: 0
VHOST_CONFIG: (/tmp/m/vhost-net) read message VHOST_USER_SET_VRING_ENABLE
VHOST_CONFIG: (/tmp/m/vhost-net) set queue enable: 1 to qp idx: 0
VHOST_CONFIG: (/tmp/m/vhost-net) vring base idx:0 last_used_idx:0 last_avail_idx:0.
VHOST_CONFIG: (/tmp/m/vhost-net) virtio is now ready for processing.
]])
    local seen = {}
    for i, e in ipairs(events) do
      assert.equal("/tmp/m/vhost-net", e.socket)
      e.line, e.socket = nil, nil
      seen[i] = e
    end
    assert.same({ { event = "vring_stopped", queue = 0, base = 0 }, { event = "vring_stopped", queue = 1, base = 256 },
      { event = "status", status = 0 }, { event = "ready" } }, seen)
  end)

  it("takes numbers for numbers and words for words", function()
    local why = parse.vhost_events("VHOST_CONFIG: (/v) failed to connect: 0x10\n")[1].why
    assert.equal("0x10", why)
    refuses("larger", parse.vhost_events("VHOST_CONFIG: (/v) new device, handle is " .. ("9"):rep(400) .. "\n"))
    refuses("32 bits", parse.vhost_events("VHOST_CONFIG: (/v) new device status(0x" .. ("f"):rep(400) .. "):\n"))
  end)

  it("waits for the end of a line, and makes nothing of words elsewhere", function()
    assert.same({}, parse.vhost_events("VHOST_CONFIG: (/tmp/v0) new device, handle is 1"))
    assert.same({}, parse.vhost_events("x VHOST_CONFIG: (/v) connected\nVHOST_CONFIG: (/v) connected!\n"))
    assert.same({}, parse.vhost_events(""))
    refuses("no text", parse.vhost_events(nil))
  end)
end)

describe("parse.eal_errors", function()
  it("finds errors and leaves a healthy start alone", function()
    assert.same({}, parse.eal_errors(pty [[
EAL: Detected CPU lcores: 2
EAL: Detected NUMA nodes: 1
EAL: Physical addresses are unavailable, selecting IOVA as VA mode.
EAL: No free 2048 kB hugepages reported on node 0
EAL: VFIO support initialized
EAL: Using IOMMU type 8 (No-IOMMU)
EAL: Probe PCI driver: net_virtio (1af4:1000) device: 0000:00:05.0 (socket 0)
failed to detach device x
]]))
    -- since DPDK 24.07 a bus logs under its own name
    assert.same({ { line = 2, text = "PCI_BUS: Requested device 0000:00:05.0 cannot be used" } }, parse.eal_errors [[
VHOST_CONFIG: (/v) failed to connect: No such file or directory
PCI_BUS: Requested device 0000:00:05.0 cannot be used
]])
    local errors = parse.eal_errors(pty [[
example> EAL: Cannot find plugged device (net_null0)
EAL: Failed to attach device on primary process
EAL: Error - exiting with code: 1
  Cause: Cannot get memory pool for buffers
PANIC in main():
]])
    assert.equal(4, #errors)
    assert.same({ line = 1, text = "EAL: Cannot find plugged device (net_null0)" }, errors[1])
    assert.equal("EAL: Error - exiting with code: 1: Cause: Cannot get memory pool for buffers",
      errors[3].text)
  end)
end)
