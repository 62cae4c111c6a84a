--- pci_window: a virtio device's registers, read through its PCI configuration space: also before the guest's firmware
--- has given it addresses. Through QEMU's monitor: the ports 0xcf8 and 0xcfc of q35, for devices on its first bus. The
--- guest is stopped meanwhile.

local fail = require "base.fail"

local pci_window = {}

local SECONDS = 10

local function monitor(client, form, ...)
  return fail.check(client:execute("human-monitor-command", { ["command-line"] = form:format(...) }, SECONDS))
end

-- Reads at a port; `size`: "b" (1 byte) or "w" (4).
local function port_in(client, size, port)
  local reply = monitor(client, "i /%s 0x%x", size, port)
  local value = reply:match "= 0x(%x+)"
  if not value then fail.raise("EPROTO", "vm", "QEMU's monitor did not read a port", reply) end
  return tonumber(value, 16)
end

-- The configuration space of a device: read(register, size), write(register, size, value).
local function configuration(client, slot, fn)
  local base = 0x80000000 + slot * 2048 + fn * 256
  local function select(register)
    monitor(client, "o /w 0xcf8 0x%x", base + register - register % 4)
    return 0xcfc + register % 4
  end
  return function(register, size) return port_in(client, size, select(register)) end,
    function(register, size, value) monitor(client, "o /%s 0x%x 0x%x", size, select(register), value) end
end

-- Virtio's capabilities (virtio 1.1, 4.1.4): PCI's of vendors; the common registers, and the window on registers.
local VENDOR, COMMON, WINDOW = 9, 1, 5

-- Their places: { [type] = register }. A list is no longer than the configuration space.
local function capabilities(read)
  local out, at = {}, read(0x34, "b")
  for _ = 1, 48 do
    if at == 0 then break end
    if read(at, "b") == VENDOR then out[read(at + 3, "b")] = at end
    at = read(at + 1, "b")
  end
  return out
end

-- The features that the device offers: `word` 0 has bits 0 to 31, word 1 the next ones.
local function offered(read, write, at, word)
  local bar, start = read(at[COMMON] + 4, "b"), read(at[COMMON] + 8, "w")
  local function point(offset)
    write(at[WINDOW] + 4, "b", bar)
    write(at[WINDOW] + 8, "w", start + offset)
    write(at[WINDOW] + 12, "w", 4)
  end
  point(0) -- device_feature_select
  write(at[WINDOW] + 16, "w", word)
  point(4) -- device_feature
  return read(at[WINDOW] + 16, "w")
end

--- The features that a virtio device offers, as text: "30bf8024 00000101". Nil for a legacy device: it has no window.
--- `client`: the engine's, of QMP.
function pci_window.features(client, slot, fn)
  local selected = port_in(client, "w", 0xcf8)
  local read, write = configuration(client, slot, fn)
  local at, text = capabilities(read), nil
  if at[COMMON] and at[WINDOW] then
    text = ("%08x %08x"):format(offered(read, write, at, 0), offered(read, write, at, 1))
  end
  -- a guest may have been stopped between its two accesses
  monitor(client, "o /w 0xcf8 0x%x", selected)
  return text
end

return pci_window
