-- vm: a guest with commands, guest agent and hot-plug over QMP; and the primitives on it as a node: testpmd with
-- telemetry, binding, signals.

local DEVICE, MANAGEMENT = "0000:00:05.0", "0000:00:03.0"

return rig.case {
  name = "a guest as a node: commands, agent, hot-plug, testpmd, telemetry, binding, signals",
  needs = { "vm" }, timeout = 180,

  run = function(t)
    t:phase "boot"
    local vm = t:vm { slots = 1, extra = { "-netdev", "user,id=spare", "-netdev", "user,id=plugged",
      "-device", "virtio-net-pci,netdev=spare,bus=pcie.0,addr=05.0,romfile=" } }

    t:phase "commands"
    local r = vm:run({ "sh", "-c", "cat; echo 'it''s $HOME' >&2; exit 3" }, { input = "a\nb" })
    t:same({ r.code, r.out, r.err }, { 3, "a\nb", "its $HOME\n" }, "exit status, stdout and stderr of a command")
    t:equal(vm:run { "sh", "-c", "kill -9 $$" }.signal, "SIGKILL", "the signal that ended a command")

    t:phase "guest agent"
    t:truthy(vm:agent "guest-ping", "the agent answers guest-ping")
    t:equal(vm:agent "guest-get-host-name"["host-name"] .. "\n", vm:run({ "uname", "-n" }).out, "the guest's name")

    t:phase "hot-plug"
    -- 0200 is the PCI class of an Ethernet controller
    local function nics() return select(2, vm:run({ "lspci", "-n" }).out:gsub(" 0200: ", "")) end
    local before = nics()
    vm:plug { driver = "virtio-net-pci", id = "nic9", netdev = "plugged", bus = "slot0", romfile = "" }
    t:eventually(10, function() return nics() == before + 1 end, "the guest sees the plugged NIC")
    vm:unplug "nic9"
    t:equal(nics(), before, "the NIC is removed after DEVICE_DELETED")

    t:phase "testpmd on the node"
    local pmd = vm:testpmd { lcores = "1-2", vdevs = { "net_null0" } }
    pmd:set_fwd "rxonly"
    pmd:start()
    local telemetry = pmd:telemetry()
    t:same(telemetry:ports(), { 0 }, "telemetry lists port 0")
    t:eventually(10, function() return telemetry:port(0).ipackets > 0 end, "telemetry counts packets")
    pmd:stop()
    t:at_least(pmd:port_stats(0).rx_packets, 1, "port statistics count packets")
    telemetry:close()
    pmd:quit()

    t:phase "binding and signals"
    local function driver(device, to, given) return vm:bind({ device }, to, given)[device] end
    t:same(driver(DEVICE, "uio_pci_generic"), { old = "virtio-pci", new = "uio_pci_generic" }, "by sysfs")
    t:same(driver(DEVICE, "vfio-pci", { how = "devbind" }), { old = "uio_pci_generic", new = "vfio-pci" },
      "by dpdk-devbind.py")
    t:same(driver(DEVICE, "virtio-pci"), { old = "vfio-pci", new = "virtio-pci" }, "the kernel's driver is back")
    t:same(driver(DEVICE, "vfio-pci"), { old = "virtio-pci", new = "vfio-pci" }, "and bound to vfio-pci again")
    t:same(driver(DEVICE, "vfio-pci"), { old = "vfio-pci", new = "vfio-pci" }, "a second bind changes nothing")
    t:raises(function() driver(MANAGEMENT, "vfio-pci") end, MANAGEMENT .. " is in use: a route goes through.* e",
      "the NIC of the SSH session is refused")
    t:raises(function() driver(DEVICE, "igb_uio") end, '"igb_uio" is not loaded', "a driver that is not loaded")
    t:raises(function() driver("0000:00:1e.0", "vfio-pci") end, "no device 0000:00:1e.0", "an absent device")
    t:equal(vm:run({ "cat", "/sys/bus/pci/devices/" .. DEVICE .. "/driver_override" }).out, "(null)\n",
      "no driver_override is left")
    local process = vm:mp { program = "hotplug_mp", name = "stopped", ready = "example> ", portmask = 1 }
    process:signal "KILL"
    t:equal(process:wait(10).signal, "SIGKILL", "a process on the node is killed by SIGKILL")
  end,
}
