-- What must agree after a device came or went, and the ways not to.

local oracle = require "kit.hotplug_oracle"
local parse = require "dpdk.parse"
local breaks = require("specs.helper").breaks

local A, B = "0000:00:05.0", "0000:00:06.0"

describe("hotplug_oracle.lists", function()
  local BOTH, ALONE = { [A] = 0, [B] = 1 }, { [B] = 1 }

  it("holds for lists that are the expected one", function()
    assert.is_true(oracle.lists({ primary = BOTH, secondary = { [B] = 1, [A] = 0 } }, BOTH))
    assert.is_true(oracle.lists({ primary = {} }, {}))
    local ok, ids = oracle.lists({ primary = BOTH, secondary = BOTH }, { [A] = true, [B] = true })
    assert.is_true(ok)
    assert.same(BOTH, ids)
  end)

  it("names the process that differs, and the device", function()
    local lists = { primary = BOTH, secondary = ALONE }
    local err = breaks("the secondary's list: " .. A .. " is missing", oracle.lists(lists, BOTH))
    assert.same({ BOTH, lists }, { err.expected, err.got })
    breaks("the primary's list: " .. A .. " is there", oracle.lists({ primary = BOTH, secondary = ALONE }, ALONE))
    breaks("the primary's list: net_null0 is there", oracle.lists({ primary = { net_null0 = 2 } }, {}))
  end)

  it("wants the port ids that are expected, or the same in all", function()
    local err = breaks(A .. " has another port id than 0", oracle.lists({ primary = { [A] = 2 } }, { [A] = 0 }))
    assert.same({ { [A] = 0 }, { primary = { [A] = 2 } } }, { err.expected, err.got })
    breaks("the secondary's list: " .. A .. " has another port id",
      oracle.lists({ primary = { [A] = 0 }, secondary = { [A] = 1 } }, { [A] = true }))
  end)

  it("is not content with nobody", function()
    breaks("there is no process", oracle.lists({}, {}))
  end)
end)

describe("hotplug_oracle.held", function()
  local function holds(...)
    local devices, links = {}, {}
    for i, nic in ipairs { ... } do devices[nic], links[nic] = true, ("/proc/7/fd/%d -> /dev/vfio/%d"):format(i, 3 + i) end
    return { devices = devices, links = links, files = select("#", ...) }
  end

  it("wants open what is listed, and nothing else", function()
    local nics = { A, B }
    assert.is_true(oracle.held({ primary = holds(A, B), secondary = holds(A, B) }, nics, { [A] = 0, [B] = 1 }))
    assert.is_true(oracle.held({ primary = holds(B) }, nics, { [B] = 1, net_null0 = 2 }))
    assert.is_true(oracle.held({ primary = holds() }, nics, {}))
    breaks("the secondary's open files: " .. A .. " is not open",
      oracle.held({ primary = holds(A), secondary = holds() }, nics, { [A] = 0 }))
    breaks("the primary's open files: " .. A .. " is still open, /proc/7/fd/1 -> /dev/vfio/4",
      oracle.held({ primary = holds(A, B) }, nics, { [B] = 1 }))
  end)

  it("counts a device that is open in another group", function()
    breaks("another number", oracle.held({ primary = { devices = { [A] = true }, files = 2 } }, { A, B }, { [A] = 0 }))
    breaks("another number", oracle.held({ primary = { devices = { [A] = true }, files = 0 } }, { A, B }, { [A] = 0 }))
  end)
end)

describe("hotplug_oracle.bound", function()
  it("wants the driver that was there", function()
    assert.is_true(oracle.bound({ [A] = "vfio-pci", [B] = "vfio-pci" }, { A, B }, "vfio-pci"))
    breaks(B, oracle.bound({ [A] = "vfio-pci" }, { A, B }, "vfio-pci"))
    breaks(A, oracle.bound({ [A] = "virtio-pci", [B] = "vfio-pci" }, { A, B }, "vfio-pci"))
  end)
end)

describe("hotplug_oracle.quiet", function()
  it("tells the first error, and whose", function()
    local errors = parse.eal_errors "EAL: Cannot find device (x)\nEAL: Failed to attach device on primary process\n"
    assert.is_true(oracle.quiet { primary = {}, secondary = {} })
    breaks('the secondary\'s log: the EAL reports an error (expected "none", got "EAL: Cannot find device (x)")',
      oracle.quiet { primary = {}, secondary = errors })
  end)
end)

describe("hotplug_oracle on the vhost side", function()
  -- captured: a NIC is detached in the guest and attached again
  local GOES = [[
VHOST_CONFIG: (/m/vhost-net) vring base idx:0 file:0
VHOST_CONFIG: (/m/vhost-net) vring base idx:1 file:0
VHOST_CONFIG: (/m/vhost-net) new device status(0x00000000):
VHOST_CONFIG: (/m/vhost-net) vring base idx:2 file:0
VHOST_CONFIG: (/m/vhost-net) vring base idx:3 file:0
]]
  local COMES = [[
VHOST_CONFIG: (/m/vhost-net) new device status(0x00000008):
VHOST_CONFIG: (/m/vhost-net) new device status(0x0000000f):
VHOST_CONFIG: (/m/vhost-net) virtio is now ready for processing.
]]
  local function moves(text, socket) return oracle.moves(parse.vhost_events(text), socket or "/m/vhost-net") end

  it("reads what became of a socket", function()
    assert.same({ "down" }, moves(GOES))
    assert.same({ "up" }, moves(COMES))
    assert.same({ "down", "up", "down" }, moves(GOES .. COMES .. "VHOST_CONFIG: (/m/vhost-net) vhost peer closed\n"))
    assert.same({}, moves(GOES .. COMES, "/m/vhost-net1"))
  end)

  it("wants link, events and lists to agree", function()
    assert.is_true(oracle.backend(A, "up", moves(COMES), true, false))
    assert.is_true(oracle.backend(A, "down", moves(GOES), false, true))
    assert.is_true(oracle.backend(A, "up", {}, true, true))
    assert.is_true(oracle.backend(A, "down", {}, false, false))
    -- a restart of the guest's programs in between
    assert.is_true(oracle.backend(A, "up", moves(GOES .. COMES), true, false))
  end)

  it("sees a link that is not what the lists say", function()
    breaks("its link differs from the lists", oracle.backend(A, "up", {}, false, true))
    breaks("its link differs from the lists", oracle.backend(A, "down", moves(GOES), true, true))
    breaks("last event differs from its link", oracle.backend(A, "up", moves(COMES .. GOES), true, false))
  end)

  it("sees a change that did not come, and one that nobody asked for", function()
    breaks("vhost saw no change", oracle.backend(A, "down", {}, false, true))
    breaks("vhost saw a change", oracle.backend(A, "up", moves(GOES .. COMES), true, true))
  end)

  it("lets an attempt that failed come and go", function()
    assert.is_true(oracle.backend(A, "down", moves(COMES .. GOES), false, nil))
    assert.is_true(oracle.backend(A, "down", {}, false, nil))
    breaks("last event", oracle.backend(A, "down", moves(COMES), false, nil))
  end)
end)
