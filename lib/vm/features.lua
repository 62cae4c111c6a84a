--- features: what QEMU offers to the drivers of a guest's NICs, of their properties and of their vhost backends'
--- features.

local engine = require "engine"
local fail = require "base.fail"
local pci_window = require "vm.pci_window"

local features = {}

-- x-query-virtio-status answers in QEMU 7.2 and 10.0; 11.1.3 aborts at it (visit_start_struct, qapi/qapi-visit-core.c).
local LAST_THAT_ANSWERS = 10

local SECONDS = 10

local function ask(client, command, arguments) return fail.check(client:execute(command, arguments, SECONDS)) end

-- By QEMU's words for them. QEMU before 7.2 has none.
local function named(client)
  local out = {}
  for _, one in ipairs(client:execute("x-query-virtio", nil, SECONDS) or {}) do
    if one.name == "virtio-net" then
      local status = ask(client, "x-query-virtio-status", { path = one.path })
      out[#out + 1] = ("%s %s"):format(one.path, engine.json.encode(status["host-features"] or {}))
    end
  end
  return out
end

-- PCI's numbers of virtio: the vendor, and a NIC's device that has a legacy interface, and one that has none.
local VENDOR, NICS = 0x1af4, { [0x1000] = true, [0x1041] = true }

-- By their bits. A legacy NIC shows none; its properties are in the snapshot's key.
local function read(client)
  local out = {}
  for _, one in ipairs(ask(client, "query-pci")[1].devices) do
    if one.id.vendor == VENDOR and NICS[one.id.device] then
      local bits = pci_window.features(client, one.slot, one["function"])
      out[#out + 1] = ("%02x.%x %s"):format(one.slot, one["function"], bits or "legacy")
    end
  end
  return out
end

--- What each virtio NIC offers, as text to compare. `client`: the engine's, of QMP; the guest is stopped.
function features.offered(client)
  local major = ask(client, "query-version").qemu.major
  local out = major <= LAST_THAT_ANSWERS and named(client) or read(client)
  table.sort(out)
  return table.concat(out, "\n")
end

return features
