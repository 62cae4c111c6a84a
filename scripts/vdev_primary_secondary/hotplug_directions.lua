-- Hotplug MP Application Description (vdev_primary_secondary): attach and detach a device, each from the primary and
-- from a secondary. An attach that fails does not change the list of any process.

local vhost_pair = require "kit.vhost_pair"

local nic0, nic1 = unpack(vhost_pair.devices)
local BOTH, ALONE = { [nic0] = 0, [nic1] = 1 }, { [nic1] = 1 }
local REFUSALS = { -- an absent device, malformed devargs: the replies of hotplug_mp
  { "0000:00:1e.0", "failed to attached device 0000:00:1e.0" },
  { "net_no_such_driver0", "cannot parse devargs" },
}

local function start(vm, name, how, id)
  return vm:hotplug_mp { name = name, proc_type = how, portmask = 3, num_procs = 2, proc_id = id }
end

-- Detach from one process, attach from the other or the same. All processes list both changes.
local function detach_and_attach(t, watch, from, to)
  t:phase(("detach from %s, attach from %s"):format(from:name(), to:name()))
  watch:check_consistent { reply = from:detach(nic0), words = "detached device " .. nic0, devices = ALONE }
  watch:check_consistent { reply = to:attach(nic0), words = "attached device " .. nic0, devices = BOTH }
end

local function failing_attach(t, watch, from)
  t:phase("attach that fails, from " .. from:name())
  for _, refusal in ipairs(REFUSALS) do
    watch:check_consistent { reply = from:attach(refusal[1]), words = refusal[2], devices = BOTH, expect_errors = true }
  end
end

return rig.case {
  name = "hotplug_mp: attach and detach from primary and secondary, failing attaches change nothing",
  plan = "vdev primary and secondary process test plan", case = "Hotplug MP Application Description",
  needs = { "testpmd", "vm" }, timeout = 300,

  setup = function(t)
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = vhost_pair.testpmd(t, 2)
    local vm = prepared:launch()
    vm:bind(vhost_pair.devices, "vfio-pci")
    return pmd, vm
  end,

  run = function(t, pmd, vm)
    t:phase "start hotplug_mp in both"
    local primary, secondary = start(vm, "primary", "auto", 0), start(vm, "secondary", "secondary", 1)
    local watch = vhost_pair.watch(t, vm, pmd)
    watch:follow { primary, secondary }
    watch:check_consistent { devices = BOTH, when = "at the beginning" }

    for _, from in ipairs { primary, secondary } do
      for _, to in ipairs { primary, secondary } do detach_and_attach(t, watch, from, to) end
      failing_attach(t, watch, from)
    end

    t:phase "quit all"
    t:equal(secondary:quit().code, 0, "the secondary exited with status 0")
    t:equal(primary:quit().code, 0, "the primary exited with status 0")
    pmd:quit()
  end,
}
