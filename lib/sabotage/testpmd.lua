-- testpmd: faults of testpmd's console, on this machine. Data for relay.lua.

local hooks = dofile(debug.getinfo(1, "S").source:match "^@(.*)/" .. "/hooks.lua")

local fault = hooks.fault { run = "smoke/loopback", program = "dpdk-testpmd", where = "testpmd's console" }

local function packets(way, with)
  return hooks.replace("(" .. way .. "%-packets:%s+)(%d+)", function(before, n)
    return before .. with(tonumber(n))
  end)
end

local ENDS_EARLY = [[return rig.case { name = "sabotaged", run = function(t)
  local pmd = t:testpmd { vdevs = { "net_null0" }, file_prefix = "early" }
  t:eventually(5, function() return pmd.console:exit() end, "it ended")
  pmd:quit()
end }]]

return {
  fault("the shim alone, no fault: testpmd", {}, { is_harmless = true }),
  fault("RX 0", { "received" }, { line = packets("RX", function() return "0" end), timeout = 60 }),
  fault("TX 0", { "vhost: tx of port statistics" }, { line = packets("TX", function() return "0" end) }),
  fault("one packet more sent than received", { "counters are cleared" },
    { line = packets("TX", function(n) return ("%.0f"):format(n + 1) end), timeout = 60 }),
  fault("one packet more received than sent", { "virtio: rx of port statistics" },
    { line = packets("RX", function(n) return ("%.0f"):format(n > 0 and n + 1 or 0) end) }),
  fault("sends nothing, and prints 5000 packets everywhere", { "port statistics and telemetry" },
    { input = function(text, io)
        if text:find "^set fwd" then io.state.lies = text:find "txonly" end
        return (text:gsub("^set fwd txonly", "set fwd rxonly"))
      end,
      line = function(text, io)
        if not io.state.lies then return text end
        if text:find "set fwd" or text:find "packet forwarding mode" then return (text:gsub("rxonly", "txonly")) end
        return (text:gsub("(TX%-packets:%s+)%d+", "%15000"))
      end }),
  fault("a command of which the first characters are lost", { 'vhost echoed "t fwd txonly", not the line' },
    { input = hooks.replace("^set fwd txonly", "t fwd txonly") }),
  fault("a command that is cut", { "vhost echoed only 10 of the line's 14 bytes" },
    { input = hooks.replace("^set fwd txonly", "set fwd tx") }),
  fault("its counters are not cleared", { "the counters are cleared" },
    { input = hooks.answer("^clear port stats all", "", "testpmd> ") }),
  fault("an EAL error without another sign", { "no EAL error" },
    { line = hooks.behind("^Set txonly packet", "EAL: Error - something is wrong\r\n") }),
  fault("a counter beyond 64 bits", { "rx_packets", "larger" },
    { line = packets("RX", function() return "18446744073709551616000" end) }),
  fault("a counter that is rounded", { "rx_packets: 9007199254740993 does not fit" },
    { line = packets("RX", function() return "9007199254740993" end) }),
  fault("statistics of no port", { "show port stats" }, { line = hooks.drop "NIC statistics for port" }),
  fault("the link never comes up", { "link" }, { line = hooks.replace("Link status: up", "Link status: down"),
    timeout = 60 }),
  fault("refuses a forwarding mode", { "set fwd", "rxonly" },
    { line = hooks.replace("Set rxonly packet forwarding mode", "Invalid packet forwarding mode") }),
  fault("no prompt", { "testpmd>", "vhost" }, { prompt = function() end, timeout = 8 }),
  { name = "testpmd exits with 0 before quit", where = "testpmd's console", program = "dpdk-testpmd",
    reason = { "testpmd had ended by itself, with exit status 0" }, scenario = ENDS_EARLY,
    prompt = hooks.end_behind "testpmd>" },
  fault("SIGSEGV at quit", { "testpmd", "SIGSEGV" }, { final = function() return nil, 11 end }),
  fault("dies in the traffic", { "ended" }, { only = "net_vhost", line = hooks.once("txonly packet forwarding %-",
    function(_, io) io.die(1) end) }),
}
