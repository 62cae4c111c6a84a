-- dpdk_disk: the read-only disk by which DPDK comes into a guest. Pure data.

return {
  serial = "moonrig-dpdk",  -- QEMU gives it, and the guest finds the disk by it
  place = "/opt/dpdk",      -- where the guest mounts it; programs on it have this path
}
