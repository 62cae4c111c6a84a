-- fresh: guests restored from one snapshot, one after the other: none sees what the one before it did, each has
-- the host's time, and random numbers of its own.

local engine = require "engine"

local DEVICE = "0000:00:05.0"

local function start(t)
  return t:vm { extra = { "-netdev", "user,id=spare", "-device",
    "virtio-net-pci,netdev=spare,bus=pcie.0,addr=05.0,romfile=" } }
end

-- What the guest is like, by what it says itself: { name = words }.
local function look(vm)
  local r = vm:run { "sh", "-c", [[
    echo "hostname $(cat /proc/sys/kernel/hostname)"
    echo "files $(find /root /tmp/ /var/tmp/ /dev/shm -type f | tr '\n' ' ')"
    echo "processes $(pidof sleep)"
    echo "driver $(basename $(readlink /sys/bus/pci/devices/0000:00:05.0/driver))"
    echo "hugepages $(cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages)"
    echo "pagefiles $(ls -A /dev/hugepages | tr '\n' ' ')"
    echo "modules $(grep -c ^uio_pci_generic /proc/modules)"
    echo "loopback $(cat /sys/class/net/lo/mtu)"]] }
  local seen = {}
  for name, words in r.out:gmatch "(%l+) ([^\n]*)\n" do seen[name] = words end
  return seen
end

-- Dirt in each of those places, and a clock that is a day off.
local function soil(t, vm)
  local r = vm:run { "sh", "-c", [[
    echo soiled >/proc/sys/kernel/hostname
    for f in /root/dirt /tmp/dirt /var/tmp/dirt /dev/shm/dirt; do echo dirt >$f; done
    setsid sleep 1000 >/dev/null 2>&1 </dev/null &
    truncate -s 2M /dev/hugepages/dirt
    echo 100 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
    ifconfig lo mtu 1400
    rmmod uio_pci_generic
    date -s @$(($(date +%s) - 86400)) >/dev/null]] }
  t:equal(r.code, 0, "dirt was left: " .. r.err)
  vm:bind({ DEVICE }, "vfio-pci")
end

-- How far the guest's clock is from ours, in seconds beyond what the asking takes; and how long that took.
local function clock_error(vm)
  local before = engine.time()
  local guest = tonumber(vm:run({ "date", "+%s" }).out)
  local after = engine.time()
  return math.max(0, before - 1 - guest, guest - after), after - before
end

local function random_bytes(vm)
  return vm:run({ "cat", "/proc/sys/kernel/random/uuid" }).out
end

local function last_notice(t)
  local notices = t.ctx.result.notices
  return notices[#notices] or ""
end

return rig.case {
  name = "guests restored from one snapshot: none sees what the one before it did", needs = { "vm" }, timeout = 180,

  run = function(t)
    t:phase "the first, which may be the boot that saves the snapshot"
    local vm = start(t)
    local clean = look(vm)
    t:same(clean, { hostname = "guest", files = "/root/.ssh/authorized_keys ", processes = "", driver = "virtio-pci",
      hugepages = "128", pagefiles = "", modules = "1", loopback = "65536" }, "a guest that nobody used")
    soil(t, vm)
    local soiled = look(vm)
    for name, words in pairs(clean) do
      t:truthy(soiled[name] ~= words, ("the dirt shows: %s is %s"):format(name, tostring(soiled[name])))
    end
    t:at_least(clock_error(vm), 80000, "the clock is a day off, in seconds")
    vm:quit()

    local numbers = {}
    for i = 1, 2 do
      t:phase(("restored, %d"):format(i))
      vm = start(t)
      local has_reason = last_notice(t):find "snapshot"
      t:truthy(vm.snapshot or t.ctx.is_cold or has_reason, "the guest is restored, or a notice has the reason")
      numbers[i] = random_bytes(vm)
      t:same(look(vm), clean, "a guest that nobody used")
      local seconds, asking = clock_error(vm)
      -- it was set by a command, which takes longer on a busy host, as this one did
      t:holds(seconds < 1 + 3 * asking, ("%.2f s off, asked in %.2f s"):format(seconds, asking),
        "the guest's clock is the host's")
      soil(t, vm)
      vm:quit()
    end
    t:truthy(numbers[1] ~= numbers[2], "random numbers of its own")
  end,
}
