-- backend_gone: testpmd, the vhost-user backend of the NICs, is killed. A NIC is still detached and attached, all
-- processes list the same devices, and nothing hangs. With a new testpmd, traffic reaches the attached NIC again.

local hotplug_group = require "kit.hotplug_group"
local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

local nic0, nic1 = unpack(vhost_pair.devices)
local BOTH, ALONE = { [nic0] = 0, [nic1] = 1 }, { [nic1] = 1 }

local function detach_and_attach(t, group, from)
  local process = group:member(from)
  group:check_consistent(BOTH, "without the backend")
  local reply = process:detach(nic0, 30)
  t:truthy(reply.ok, "detached without a backend: " .. reply.words)
  group:check_consistent(ALONE, "after the detach")
  reply = process:attach(nic0, 30)
  t:truthy(reply.ok, "attached without a backend: " .. reply.words)
  group:check_consistent(BOTH, "after the attach")
  group:check_usable(from, BOTH)
end

return rig.case {
  name = "hotplug_mp: attach and detach work without the vhost backend",
  plan = "vdev primary and secondary process test plan", case = "Hotplug MP Application Description: rollback",
  needs = { "testpmd", "vm" }, timeout = 300,

  run = function(t)
    t:phase "setup"
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = vhost_pair.testpmd(t, 2)
    local vm = prepared:launch()
    vm:bind(vhost_pair.devices, "vfio-pci")
    t:equal(pmd:kill().signal, "SIGKILL", "testpmd was killed")
    local function watch() return vhost_pair.watch(t, vm) end
    for _, from in ipairs { "primary", "secondary" } do
      hotplug_group.cell(t, vm, "detach and attach from the " .. from, { watch = watch },
        function(group) detach_and_attach(t, group, from) end)
    end

    t:phase "a new backend"
    local new_pmd = vhost_pair.testpmd(t, 2)
    local process = symmetric.start(vm, 0, 1, 1, "primary")
    t:elapse(2)
    local sent = vhost_pair.stop(t, new_pmd)
    local counted = vhost_pair.wait_until_quiet(t, vm, sent)
    local rings = vhost_pair.rings(vm)
    symmetric.check(t, symmetric.quit_all(t, { process }), sent, counted, rings)
    new_pmd:quit()
  end,
}
