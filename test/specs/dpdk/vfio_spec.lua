-- What a process has open, as busybox's and coreutils' ls -l show it.

local vfio = require "dpdk.vfio"

-- captured in the guest: a primary with both NICs, a secondary that let 05.0 go
local SEEN = [[
-r--r--r--    1 root     root             0 Nov 22 11:41 /proc/version
lrwxrwxrwx    1 root     root             0 Nov 22 11:41 /sys/bus/pci/devices/0000:00:05.0/driver -> ../../../bus/pci/drivers/vfio-pci
lrwxrwxrwx    1 root     root             0 Nov 22 11:41 /sys/bus/pci/devices/0000:00:05.0/iommu_group -> ../../../kernel/iommu_groups/4
lrwxrwxrwx    1 root     root             0 Nov 22 11:41 /sys/bus/pci/devices/0000:00:06.0/driver -> ../../../bus/pci/drivers/vfio-pci
lrwxrwxrwx    1 root     root             0 Nov 22 11:41 /sys/bus/pci/devices/0000:00:06.0/iommu_group -> ../../../kernel/iommu_groups/5

/proc/153/fd/:
total 0
lrwx------    1 root     root            64 Nov 22 11:41 0 -> /dev/pts/0
lrwx------    1 root     root            64 Nov 22 11:41 10 -> /dev/vfio/4
lrwx------    1 root     root            64 Nov 22 11:41 16 -> /dev/hugepages/rtemap_0
lrwx------    1 root     root            64 Nov 22 11:41 17 -> anon_inode:[vfio-device]
lrwx------    1 root     root            64 Nov 22 11:41 18 -> anon_inode:[eventfd]
lrwx------    1 root     root            64 Nov 22 11:41 20 -> /dev/vfio/5
lrwx------    1 root     root            64 Nov 22 11:41 21 -> anon_inode:[vfio-device]
lrwx------    1 root     root            64 Nov 22 11:41 8 -> /dev/vfio/vfio

/proc/157/fd/:
total 0
lrwx------    1 root     root            64 Nov 22 11:41 21 -> /dev/vfio/5
lrwx------    1 root     root            64 Nov 22 11:41 22 -> anon_inode:[vfio-device]
lrwx------    1 root     root            64 Nov 22 11:41 7 -> /dev/vfio/vfio
]]

-- A node whose `ls` says this.
local function node(text)
  return { run = function(self, argv)
    self.argv = table.concat(argv, " ")
    return { code = 0, out = text, err = "" }
  end }
end

local NICS = { "0000:00:05.0", "0000:00:06.0" }

describe("vfio", function()
  it("knows who has which device open, and what it is bound to", function()
    local guest = node(SEEN)
    assert.same({
      drivers = { ["0000:00:05.0"] = "vfio-pci", ["0000:00:06.0"] = "vfio-pci" },
      held = {
        [153] = { devices = { ["0000:00:05.0"] = true, ["0000:00:06.0"] = true }, files = 2,
          links = { ["0000:00:05.0"] = "/proc/153/fd/10 -> /dev/vfio/4", ["0000:00:06.0"] = "/proc/153/fd/20 -> /dev/vfio/5" } },
        [157] = { devices = { ["0000:00:06.0"] = true }, files = 1,
          links = { ["0000:00:06.0"] = "/proc/157/fd/21 -> /dev/vfio/5" } },
      },
    }, vfio.look(guest, NICS, { 153, 157 }))
    assert.matches("/proc/153/fd/ /proc/157/fd/ /sys/bus/pci/devices/0000:00:05.0/driver", guest.argv)
  end)

  it("sees a device that has no driver, or another one", function()
    local text = SEEN:gsub("[^\n]*05.0/driver[^\n]*\n", ""):gsub("drivers/vfio%-pci", "drivers/virtio-pci")
    assert.same({ ["0000:00:06.0"] = "virtio-pci" }, vfio.look(node(text), NICS, { 153 }).drivers)
  end)

  it("raises where a process is gone", function()
    local ok, err = pcall(vfio.look, node(SEEN), NICS, { 153, 9 })
    assert.is_false(ok)
    assert.matches("no process 9", tostring(err))
  end)
end)
