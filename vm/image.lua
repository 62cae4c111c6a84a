-- image: the packages, modules and build steps of the guest image. Pure data; lib/host/image.lua runs the steps in
-- order, each as `sh vm/SCRIPT` with WORK, OUT, VM, KEYS, EXAMPLES, SUITE (this machine's Debian), PACKAGES and MODULES
-- set. To add a package: docs/image.md.

local packages = {
  "linux-image-cloud-amd64", "busybox", "klibc-utils", "kmod",
  "dropbear-bin", "openssh-sftp-server", "qemu-guest-agent",
  "socat",                    -- reaches the telemetry socket (SEQPACKET) from a shell
  "pciutils", "dpdk",         -- dpdk-devbind.py, with the Python it needs
  "ethtool", "iproute2", "iperf3", "tcpdump",
  -- driver plug-ins: root.sh lists those that every DPDK program opens
  "librte-bus-pci23", "librte-bus-vdev23",
  "librte-mempool-ring23", "librte-mempool-stack23",
  "librte-net-virtio23", "librte-net-null23", "librte-net-ring23", "librte-net-vhost23",
  "librte-net-tap23", "librte-net-af-packet23", "librte-net-pcap23",
  -- libraries of the example programs
  "librte-cmdline23", "librte-lpm23", "librte-metrics23", "librte-power23", "librte-timer23",
  -- libraries of dpdk-testpmd, dpdk-proc-info, dpdk-pdump and dpdk-dumpcap, which packages.sh unpacks without their
  -- package's dependencies (those are all of DPDK's drivers and header files)
  "librte-bitratestats23", "librte-bpf23", "librte-crypto-scheduler23", "librte-eventdev23",
  "librte-gro23", "librte-gso23", "librte-ip-frag23", "librte-latencystats23", "librte-pdump23",
  "librte-reorder23", "librte-sched23", "librte-security23",
  "librte-net-bnxt23", "librte-net-bond23", "librte-net-dpaa23", "librte-net-i40e23",
  "librte-net-ice23", "librte-net-ixgbe23", "librte-net-mlx5-23",
  -- libraries of dpdk-test
  "librte-acl23", "librte-bbdev23", "librte-cfgfile23", "librte-compressdev23", "librte-distributor23",
  "librte-dmadev23", "librte-efd23", "librte-event-skeleton23", "librte-fib23", "librte-gpudev23", "librte-graph23",
  "librte-ipsec23", "librte-jobstats23", "librte-member23", "librte-node23", "librte-pipeline23", "librte-port23",
  "librte-rawdev23", "librte-regexdev23", "librte-rib23", "librte-stack23", "librte-table23", "librte-vhost23",
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
