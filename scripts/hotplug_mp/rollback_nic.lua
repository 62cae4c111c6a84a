-- rollback_nic: the main conditions of the rollback matrix with a virtio NIC. The open devices of each process, the
-- driver and the vhost side must agree with the lists. And a NIC that one secondary cannot attach.

local hotplug_group = require "kit.hotplug_group"
local rollback = require "kit.rollback"
local vhost_pair = require "kit.vhost_pair"

local nic0, nic1 = unpack(vhost_pair.devices)
local CONDITIONS = { "nothing wrong", "two secondaries", "already attached", "already detached",
  "another process stopped past the EAL's 5 s", "another process killed before",
  "another process stopped, and killed during the request", "another process killed 20 ms after the request" }

-- A secondary with --no-pci cannot attach a NIC. The primary and the other secondary must roll back.
local function one_cannot(t, group, from)
  for _, nic in ipairs { nic0, nic1 } do
    t:truthy(group:member("primary"):detach(nic).ok, "detached from the primary: " .. nic)
  end
  group:check_consistent({}, "without NICs", true)
  local reply = group:member(from):attach(nic0, 30)
  t:equal(reply.words, "failed to attached device " .. nic0, "the reply")
  group:check_consistent({}, "afterwards", true)
  group:check_usable(from, {})
end

return rig.case {
  name = "hotplug_mp: after any failure with a NIC, all processes and vhost agree and still work",
  plan = "vdev primary and secondary process test plan", case = "Hotplug MP Application Description: rollback",
  needs = { "testpmd", "vm" }, timeout = 900,

  run = function(t)
    t:phase "setup"
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = vhost_pair.testpmd(t, 2)
    pmd:stop() -- no packets are needed, and they take the CPU of an emulated guest
    local vm = prepared:launch()
    vm:bind(vhost_pair.devices, "vfio-pci")
    local function watch() return vhost_pair.watch(t, vm, pmd) end
    rollback.matrix(t, vm, { devargs = nic0, with = { nic1 }, at_start = true, watch = watch }, CONDITIONS)
    for _, from in ipairs { "primary", "secondary", "secondary2" } do
      hotplug_group.cell(t, vm, ("attach %s from the %s: the secondary cannot"):format(nic0, from),
        { secondaries = 2, eal = { secondary = { "--no-pci" } }, watch = watch },
        function(group) one_cannot(t, group, from) end)
    end
    pmd:quit()
  end,
}
