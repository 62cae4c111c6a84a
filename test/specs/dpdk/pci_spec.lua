-- pci: a device is the same in each form of its address.

local helper = require "specs.helper"
local invariants = require "kit.device_invariants"
local pci = require "dpdk.pci"

describe("a PCI device", function()
  it("has the name that DPDK lists", function()
    for form, name in pairs { ["05:00.0"] = "0000:05:00.0", ["5:0.0"] = "0000:05:00.0", ["0000:AF:00.1"] = "0000:af:00.1",
      ["pci:05:00.0"] = "0000:05:00.0", ["10000:01:00.0"] = "10000:01:00.0", net_null0 = "net_null0", ["pci:x"] = "pci:x",
      ["05:00.8"] = "05:00.8", [""] = "" } do
      assert.equal(name, pci.name(form))
    end
    assert.same({ ["0000:05:00.0"] = 1, net_null1 = true }, pci.named { ["05:00.0"] = 1, net_null1 = true })
  end)

  it("is found in lists by each form", function()
    local list = { { port = 0, device = "0000:05:00.0" }, by_device = { ["0000:05:00.0"] = 0 }, by_port = { [0] = "0000:05:00.0" } }
    for _, form in ipairs { "05:00.0", "0000:05:00.0", "5:0.0", "pci:05:00.0" } do
      assert.is_true((invariants.present(list, form, 0)))
      helper.breaks("is still there", invariants.gone(list, form))
    end
  end)
end)
