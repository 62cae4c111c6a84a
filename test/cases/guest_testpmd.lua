-- guest_testpmd: testpmd on a guest's NIC, as it starts by default. A restored guest sends no packet that the test did
-- not send. DPDK's tools attach to testpmd in the guest.

local BURST = 32

-- The host's testpmd counts packets from the launch on.
local function start(t)
  local prepared = t:prepare_vm { ports = { { socket = "vhost-net", mac = "52:54:00:00:00:01" } } }
  local host = t:testpmd { lcores = "1-2", vdevs = { { "net_vhost0", iface = "vhost-net", client = true } } }
  host:set_fwd "rxonly"
  host:start()
  local vm = prepared:launch()
  vm:bind { "0000:00:05.0" }
  return host, vm, vm:testpmd()
end

-- Each packet that comes to the host is one of the guest's burst.
local function count(t, host, pmd)
  pmd:set_fwd "rxonly"
  pmd:start(true)
  t:eventually(20, function() return host:port_stats(0).rx_packets >= BURST end, "the burst has come")
  t:elapse(0.5)
  t:equal(host:stop().ports[0].rx_packets, BURST, "packets from the guest")
  pmd:stop()
end

local function attach(vm, pmd, program, args)
  return vm:mp { program = program, proc_type = "secondary", file_prefix = pmd:file_prefix(), args = args }
end

-- Packets at the beginning of a file.
local function captured(vm, file)
  return tonumber(vm:run({ "sh", "-c", "tcpdump -nn -c 10 -r " .. file .. " 2>/dev/null | grep -c UDP" }).out)
end

local function size(vm, file) return tonumber(vm:run({ "stat", "-c", "%s", file }).out) or 0 end

local function attach_tools(t, vm, pmd)
  local list = vm:run({ "dpdk-telemetry.py", "-f", pmd:file_prefix() }, { input = "/ethdev/list\n" })
  t:match(list.out, '"/ethdev/list": %[0%]', "dpdk-telemetry.py: " .. list.err)

  local info = attach(vm, pmd, "dpdk-proc-info", { "--stats" })
  t:equal(info:wait(30).code, 0, "dpdk-proc-info's exit")
  t:match(info:last_words(), "RX%-packets: %d+", "dpdk-proc-info")

  local dump = attach(vm, pmd, "dpdk-pdump", { "--pdump", "port=0,queue=*,rx-dev=/tmp/rx.pcap" })
  t:eventually(30, function() return size(vm, "/tmp/rx.pcap") > 4096 end, "dpdk-pdump captures")
  dump:interrupt()
  t:equal(captured(vm, "/tmp/rx.pcap"), 10, "packets that dpdk-pdump captured")

  local r = vm:run({ "dpdk-dumpcap", "--file-prefix=" .. pmd:file_prefix(), "-i", "0", "-c", "10", "-w",
    "/tmp/cap.pcapng" }, { timeout = 60 })
  t:equal(r.code, 0, "dpdk-dumpcap: " .. r.err)
  t:equal(captured(vm, "/tmp/cap.pcapng"), 10, "packets that dpdk-dumpcap captured")
end

return rig.case {
  name = "testpmd on a guest's NIC", needs = { "vm", "testpmd" }, timeout = 240,

  run = function(t)
    for _, name in ipairs { "the first, which may be a boot", "restored" } do
      t:phase(name)
      local host, vm, pmd = start(t)
      t:equal(pmd:port_info(0).driver, "net_virtio", "the port")
      count(t, host, pmd)
      if name == "restored" then
        t:truthy(vm.snapshot or t.ctx.is_cold, "the guest is restored")

        t:phase "traffic both ways"
        pmd:set_fwd "mac"
        pmd:start()
        host:set_fwd "mac"
        host:start(true)
        t:eventually(20, function() return pmd:port_stats(0).rx_packets > 10 * BURST end, "packets go round")

        t:phase "programs attach"
        t:equal(pmd:file_prefix(), "vhost", "the file prefix")
        t:equal(pmd:runtime_folder(), "/var/run/dpdk/vhost", "the runtime folder")
        attach_tools(t, vm, pmd)
        host:stop()
        pmd:stop()
      end
      pmd:quit()
      host:quit()
      vm:quit()
    end
  end,
}
