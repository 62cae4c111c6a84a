-- guest_users: a guest image of the user's: here our own kernel and disk, as if they were somebody else's. Nothing is
-- written to the disk, and DPDK, hugepages and vfio-pci are there as in our guests.

local image = require "host.image"

local DEVICE = "0000:00:05.0"
local NIC = { "-netdev", "user,id=spare", "-device", "virtio-net-pci,netdev=spare,bus=pcie.0,addr=05.0,romfile=" }

local function hash(t, file) return t:here():run({ "sha256sum", file }).out:match "%x+" end

-- A private key that nobody knows.
local function stranger(t)
  local file = t:dir() .. "/stranger"
  t:here():run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file }
  return file
end

return rig.case {
  name = "a guest image of the user's runs cases, and is not written to", needs = { "vm" }, timeout = 400,

  run = function(t)
    local own = image.find()
    local given = { kernel = own.kernel, initrd = own.initrd, disk = own.disk, key = own.key }
    local before = hash(t, own.disk)

    t:phase "a login is its readiness"
    local vm = t:vm { image = given, extra = NIC }
    t:equal(vm:run({ "cat", "/proc/sys/vm/nr_hugepages" }).out, "128\n", "it has its hugepages")
    t:equal(vm:run({ "cat", "/opt/dpdk/id" }).out, vm.dpdk.id .. "\n", "it has the DPDK under test")
    t:same(vm:bind({ DEVICE })[DEVICE], { old = "virtio-pci", new = "vfio-pci" }, "a NIC is bound to vfio-pci")
    local pmd = vm:testpmd { lcores = "1-2", vdevs = { "net_null0" } }
    t:equal(pmd:telemetry():ports()[1], 0, "testpmd runs there, and answers on telemetry")
    pmd:quit()

    t:phase "a reset, and all of it again"
    vm:reset()
    t:equal(vm:run({ "cat", "/opt/dpdk/id" }).out, vm.dpdk.id .. "\n", "it has the DPDK under test")

    t:phase "what it writes goes with it"
    local write = "dd if=/dev/zero of=/dev/vda bs=4096 count=1 conv=notrunc && sync && "
      .. "blockdev --flushbufs /dev/vda && od -An -tx1 -N4 /dev/vda"
    t:match(vm:run({ "sh", "-c", write }).out, "^ *00 00 00 00", "the guest's disk can be written")
    vm:quit()
    t:equal(hash(t, own.disk), before, "its file is as it was")

    t:phase "a key that it does not know"
    given.key = stranger(t)
    local file = given.key:gsub("%p", "%%%0")
    t:raises(function() t:vm { image = given } end, "no login to the guest by SSH in .* %(user root, key " .. file
      .. ", port %d+ of 127.0.0.1, NIC virtio%-net%-pci%): .*login refused with the key", "the login is refused")
  end,
}
