-- image: the packages, modules and build steps of the guest image. Pure data; lib/host/image.lua runs the steps in
-- order, each as `sh vm/SCRIPT` with WORK, OUT, VM, KEYS, SUITE (this machine's Debian), PACKAGES, MODULES, and of
-- vm/dpdk_disk.lua DPDK_PLACE and DPDK_SERIAL set.
-- To add a package: docs/image.md.
-- DPDK is not in it: a disk of its own brings it (lib/host/dpdk_disk.lua).

local packages = {
  "linux-image-cloud-amd64", "busybox", "klibc-utils", "kmod",
  "dropbear-bin", "openssh-sftp-server", "qemu-guest-agent",
  "socat",                    -- reaches the telemetry socket (SEQPACKET) from a shell
  "pciutils", "python3",      -- for dpdk-devbind.py
  "ethtool", "iproute2", "iperf3", "tcpdump",
}

-- Loaded at boot, with their dependencies. The initrd loads those of the disk.
local modules = {
  "virtio_pci", "virtio_blk", "squashfs", "overlay",
  "virtio_net", "virtio_console", "vfio_iommu_type1", "vfio_pci", "uio_pci_generic",
}

local steps = {
  { name = "packages", script = "packages.sh",
    what = ("fetch and unpack %d Debian packages and what they need"):format(#packages) },
  { name = "root", script = "root.sh", what = "turn them into the guest's root" },
  { name = "kernel", script = "kernel.sh", what = "pick the kernel and its modules, pack the initrd" },
  { name = "squash", script = "squash.sh", what = "pack the root" },
}

return {
  packages = packages,
  modules = modules,
  steps = steps,
  outputs = { "vmlinuz", "initrd.img", "root.squashfs" },
}
