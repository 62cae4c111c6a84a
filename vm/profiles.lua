-- profiles: machines to boot the guest image on. Pure data; sizes in MB. `default` is every other's base.

return {
  default = {
    cpus = 3,         -- one for the system, one for each of two DPDK processes
    memory = 1024,
    hugepages = 128,  -- of 2 MB, in the guest: enough for two processes; 512 of them in 1 GB are too many

    -- The memory is a vhost-user backend's too. Allocated before the boot, it costs under a second; left
    -- to the backend's first look at it, 7 s in the middle of a test, its lcores being busy.
    prealloc = true,

    -- vfio-pci needs an IOMMU: Debian's kernels have no VFIO_NOIOMMU. It needs the split irqchip.
    machine = "q35,kernel-irqchip=split",
    iommu = "intel-iommu,intremap=on,device-iotlb=on",

    -- Emulated: what DPDK asks for (SSE4.2) and a source of randomness, and not more, boots fastest.
    cpu = { tcg = "Nehalem,+rdrand", kvm = "host" },

    append = {
      "console=ttyS0", "quiet",
      "no_timer_check",     -- a loaded host's emulated timer ticks late: "timer doesn't work through IO-APIC"
      "panic=-1",           -- with -no-reboot, a panic ends QEMU
      "mitigations=off", "cryptomgr.notests",  -- 0.5 s and more of the boot, each, in an emulated CPU
    },
    append_iommu = "intel_iommu=on",

    -- Places on pcie.0. The test's NICs are where the test plan has them: 0000:00:05.0 and on.
    addr = { disk = "02.0", mgmt = "03.0", serial = "04.0" },
    mgmt_mac = "52:54:00:00:00:01",
  },
}
