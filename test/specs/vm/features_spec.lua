-- features: what a QEMU offers to its guest's drivers, of one that answers the question and of one that must not be
-- asked. The second has a PCI configuration space of the spec's.

local features = require "vm.features"

local asked

-- The configuration space of a virtio NIC, as QEMU 7.2's begins: { [register] = byte }.
local function nic_space()
  local space = { [0x34] = 0x98, [0x98] = 0x11, [0x99] = 0x84 }
  -- the window, then the common registers in BAR 4 from 0 on
  for at, bytes in pairs { [0x84] = { 9, 0x40, 20, 5 }, [0x40] = { 9, 0, 16, 1, 4 } } do
    for i, byte in ipairs(bytes) do space[at + i - 1] = byte end
  end
  return space
end

-- A QEMU's monitor, for a device at 05.0 that offers two words of bits.
local function monitor(offers, space)
  local selected, window, word = 0x80001234, {}, nil
  local function at(port) return selected % 0x100 + port - 0xcfc end
  local function read(port)
    if port == 0xcf8 then return selected end
    if selected < 0x80002800 or selected >= 0x80002900 then return 0xffffffff end
    if at(port) == 0x94 then return window[0x8c] == 4 and offers[word] or 0 end
    return space[at(port)] or 0
  end
  return function(line)
    local port, value = line:match "^o /[bw] (0x%x+) (0x%x+)$"
    if not port then return ("portl[0x0cfc] = 0x%08x\r\n"):format(read(tonumber(line:match "0x%x+$"))) end
    port, value = tonumber(port), tonumber(value)
    if port == 0xcf8 then selected = value elseif at(port) == 0x94 then word = value else window[at(port)] = value end
    return ""
  end, function() return selected end
end

-- The engine's client; `answers`: { [command] = its answer, or a function of its arguments }.
local function client(major, answers)
  asked = {}
  answers["query-version"] = { qemu = { major = major, minor = 1, micro = 3 } }
  return { execute = function(_, command, arguments)
    asked[command] = true
    local answer = answers[command]
    if type(answer) == "function" then return answer(arguments) end
    return answer
  end }
end

local function by_window(offers, space)
  local execute, selected = monitor(offers, space or nic_space())
  local text = features.offered(client(11, {
    ["query-pci"] = { { bus = 0, devices = {
      { slot = 5, ["function"] = 0, id = { vendor = 0x1af4, device = 0x1000 } },
      { slot = 3, ["function"] = 0, id = { vendor = 0x1af4, device = 0x1001 } },
    } } },
    ["human-monitor-command"] = function(arguments) return execute(arguments["command-line"]) end,
  }))
  return text, selected()
end

describe("features.offered", function()
  it("asks QEMU by name, where it answers", function()
    local status = { path = "/nic0", ["host-features"] = { transports = { "RING_PACKED" } } }
    local text = features.offered(client(10, { ["x-query-virtio-status"] = status,
      ["x-query-virtio"] = { { name = "virtio-net", path = "/nic0" }, { name = "virtio-rng", path = "/rng" } } }))
    assert.equal('/nic0 {"transports":["RING_PACKED"]}', text)
  end)

  it("reads the NICs' registers of QEMU 11, which aborts at the question", function()
    local text = by_window { [0] = 0x30bf8024, [1] = 0x101 }
    assert.equal("05.0 30bf8024 00000101", text)
    assert.is_nil(asked["x-query-virtio-status"])
    assert.not_equal(text, (by_window { [0] = 0x30bf0024, [1] = 0x101 }))
    assert.not_equal(text, (by_window { [0] = 0x30bf8024, [1] = 0x105 }))
  end)

  it("leaves the selected register as the guest had it", function()
    local _, selected = by_window { [0] = 1, [1] = 2 }
    assert.equal(0x80001234, selected)
  end)

  it("has no bits of a legacy NIC, nor of one whose list of capabilities is a circle", function()
    assert.equal("05.0 legacy", (by_window({}, {})))
    assert.equal("05.0 legacy", (by_window({}, { [0x34] = 0x40, [0x40] = 0x11, [0x41] = 0x40 })))
  end)
end)
