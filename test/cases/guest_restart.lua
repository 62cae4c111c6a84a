-- guest_restart: a guest that is reset, and one that reboots: it is ready again, its programs and consoles have ended,
-- and its NICs work. And QEMU's QMP before the guest runs.

local function prepare(t)
  return t:prepare_vm { ports = { { socket = "vhost-net", mac = "52:54:00:00:00:01", kernel = true } } }
end

-- What tells one boot of the guest from another.
local function boot_id(vm) return vm:run({ "cat", "/proc/sys/kernel/random/boot_id" }).out end

local function start_programs(t, vm)
  vm:run { "sh", "-c", "echo dirt >/tmp/dirt" }
  local console = assert(vm.node:spawn({ "cat" }, { name = "console" }))
  local program = vm:mp { program = "dpdk-testpmd", name = "program", hugepages = false, pci = false, memory = 64,
    args = { "-i", "--total-num-mbufs=2048" }, vdevs = { "net_null0" }, ready = "testpmd> ", quit = "quit" }
  t:truthy(not console:exit() and not program:exit(), "both run")
  return console, program
end

local function check_again(t, vm, before, what)
  t:truthy(boot_id(vm) ~= before, what .. ": another boot")
  t:equal(vm:run({ "cat", "/tmp/dirt" }).code, 1, what .. ": what was written is gone")
  t:equal(vm.qmp:execute("query-status").status, "running", what .. ": QEMU's status")
  local r = vm:run { "cat", "/sys/class/net/eth0/address" }
  t:equal(r.out, "52:54:00:00:00:01\n", what .. ": the kernel has the NIC again")
end

return rig.case {
  name = "a guest starts again", needs = { "vm", "testpmd" }, timeout = 240,

  run = function(t)
    t:phase "QMP before the launch"
    local prepared = prepare(t)
    t:raises(function() prepared.qmp:execute "query-status" end,
      "QEMU waits for a vhost%-user backend at .*/vhost%-net, and QMP is mute", "QMP without the backend")
    local host = t:testpmd { lcores = "1-2", vdevs = { { "net_vhost0", iface = "vhost-net", client = true } } }
    local status = prepared.qmp:execute("query-status").status
    t:truthy(status == "prelaunch" or status == "inmigrate", "QEMU's status before the launch: " .. status)
    local vm = prepared:launch()
    t:equal(prepared.qmp:execute("query-status").status, "running", "QEMU's status")

    for _, way in ipairs { "reset", "reboot" } do
      t:phase(way)
      local before, node = boot_id(vm), vm.node
      local console, program = start_programs(t, vm)
      vm[way](vm)
      check_again(t, vm, before, way)
      t:truthy(vm.node ~= node, "another session")
      t:raises(function() return assert(node:run { "true" }) end, "closed", "a command on the session of before")
      t:raises(function() return assert(console:type "x\n") end, "closed", "a line to a console of before")
      t:truthy(console:exit(), "a console of before has ended")
      t:raises(function() program:command "show port info 0" end, "closed", "a line to a program of before")
    end

    t:phase "a panic at a later boot ends QEMU"
    -- of its own, for a command never returns, and what a command leaves in the background ends with it
    assert(vm.node:spawn({ "sh", "-c", "echo c >/proc/sysrq-trigger" }, { name = "panic" }))
    t:truthy(vm.qemu:await_exit(30), "QEMU's exit")
    host:quit()
  end,
}
