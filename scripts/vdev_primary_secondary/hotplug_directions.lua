-- Hotplug MP Application Description (vdev_primary_secondary): attach and detach a device, each from the
-- primary and from a secondary; and an attach that fails leaves every process's list as it was.

local vhost_pair = require "vhost_pair"

local nic0, nic1 = unpack(vhost_pair.devices)
local BOTH, ALONE = { [nic0] = 0, [nic1] = 1 }, { [nic1] = 1 }
local FAILING = { { "0000:00:1e.0", "an absent device" }, { "net_no_such_driver0", "malformed devargs" } }

local function start(vm, name, how, id)
  return vm:hotplug_mp { name = name, proc_type = how, portmask = 3, num_procs = 2, proc_id = id }
end

local function lists_are(t, processes, expected, when)
  for name, process in pairs(processes) do
    t:same(process:list().by_device, expected, ("the %s's list %s"):format(name, when))
  end
end

-- Detach from one process, attach from the other (or the same): all see both steps.
local function detach_and_attach(t, processes, from, to)
  t:phase(("detach from %s, attach from %s"):format(from, to))
  t:truthy(processes[from]:detach(nic0).ok, "detached from the " .. from)
  lists_are(t, processes, ALONE, "after a detach from the " .. from)
  t:truthy(processes[to]:attach(nic0).ok, "attached from the " .. to)
  lists_are(t, processes, BOTH, "after an attach from the " .. to)
end

local function attach_that_fails(t, processes, from)
  t:phase("attach that fails, from " .. from)
  for _, case in ipairs(FAILING) do
    t:truthy(not processes[from]:attach(case[1]).ok, ("attach of %s from the %s is refused"):format(case[2], from))
    lists_are(t, processes, BOTH, ("after an attach of %s from the %s"):format(case[2], from))
  end
end

return rig.case {
  name = "hotplug_mp: attach and detach from primary and secondary, failing attaches change nothing",
  needs = { "testpmd", "vm" }, timeout = 300,

  run = function(t)
    t:phase "setup"
    local pmd = vhost_pair.testpmd(t, 2)
    local vm = vhost_pair.vm(t, 2)
    vm:bind(vhost_pair.devices, "vfio-pci")
    local processes = { primary = start(vm, "primary", "auto", 0) }
    processes.secondary = start(vm, "secondary", "secondary", 1)
    lists_are(t, processes, BOTH, "at the beginning")

    for _, from in ipairs { "primary", "secondary" } do
      for _, to in ipairs { "primary", "secondary" } do detach_and_attach(t, processes, from, to) end
      attach_that_fails(t, processes, from)
    end

    t:phase "quit all"
    t:equal(processes.secondary:quit().code, 0, "the secondary ended with exit status 0")
    t:equal(processes.primary:quit().code, 0, "the primary ended with exit status 0")
    pmd:quit()
  end,
}
