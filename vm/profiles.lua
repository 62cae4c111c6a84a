-- profiles: machines for the guest image. Pure data; sizes in MiB.

local profiles = {
  default = {
    cpus = 3,         -- one for the system, one for each of two DPDK processes
    memory = 1024,
    hugepages = 128,  -- of 2 MiB, in the guest: enough for two processes; 512 of them are too many for 1 GiB

    -- The vhost-user backend uses this memory too. Allocated before the boot, it costs under a second. Allocated
    -- by the backend's first access, it costs 7 s during a test, because the lcores are busy.
    prealloc = true,

    -- vfio-pci needs an IOMMU: Debian's kernels have no VFIO_NOIOMMU. It needs the split irqchip.
    machine = "q35,kernel-irqchip=split",
    iommu = "intel-iommu,intremap=on,device-iotlb=on",

    -- Emulated: the features that DPDK needs (SSE4.2) and a source of randomness. Fewer features boot faster.
    cpu = { tcg = "Nehalem,+rdrand", kvm = "host" },

    append = {
      "console=ttyS0", "quiet",
      "no_timer_check",     -- a loaded host's emulated timer ticks late: "timer doesn't work through IO-APIC"
      "panic=-1",           -- with -no-reboot, a panic ends QEMU
      "mitigations=off", "cryptomgr.notests",  -- each saves 0.5 s or more of the boot in an emulated CPU
    },
    append_iommu = "intel_iommu=on",

    -- Slots on pcie.0. The test plan has its NICs at 0000:00:05.0 and the next slots.
    addr = { disk = "02.0", mgmt = "03.0", serial = "04.0", dpdk = "1d.0" },
    mgmt_mac = "02:6d:67:6d:74:00",  -- locally administered: test plans use 52:54:00:00:00:01 and on
  },
}

-- The guest of the test plans. `planned`: where the machine has as many processors, and enough hugepages are free.
profiles.plan = { planned = { cpus = 4, memory = 4096 } }
for key, value in pairs(profiles.default) do profiles.plan[key] = value end

return profiles
