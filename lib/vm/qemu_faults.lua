--- qemu_faults: faults of QEMU that moonrig goes around, each with the version that has it no more.

local paths = require "base.paths"
local versions = require "host.versions"

local qemu_faults = {}

-- { [fault] = { major, minor } of the first version without it }
local MENDED = {
  -- Emulated, it crashes where the guest's virtio_net starts a vhost-user NIC with MSI-X: set_guest_notifiers
  -- (hw/virtio/virtio-pci.c) calls the vector notifiers though use_guest_notifier_mask is off. Mended with "virtio-pci:
  -- add support for configure interrupt", of January 2023.
  emulated_vectors = { 8, 0 },
}

--- Is the fault mended in the QEMU with this first line of --version? False for a line that is none.
function qemu_faults.is_mended_in(fault, line)
  local major, minor = (line or ""):match "^QEMU emulator version (%d+)%.(%d+)"
  if not major then return false end
  major, minor = tonumber(major), tonumber(minor)
  local since = assert(MENDED[fault], fault)
  return major > since[1] or major == since[1] and minor >= since[2]
end

--- Is the fault mended in this QEMU? Its version is read once, for as long as the file is the same.
function qemu_faults.is_mended(fault, program)
  local path = program:find "/" and program or paths.program(program)
  if not path then return false end
  return qemu_faults.is_mended_in(fault, versions.ask("version " .. path, { path, "--version" }, path))
end

return qemu_faults
