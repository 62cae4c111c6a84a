-- telemetry: faults of a DPDK process's telemetry socket, on this machine. Data for relay.lua.

local hooks = dofile(debug.getinfo(1, "S").source:match "^@(.*)/" .. "/hooks.lua")

-- `program` (default: hotplug_mp): one that counts packets.
local function fault(name, reason, o, program)
  return { name = name, reason = reason, run = program and "smoke/symmetric" or "smoke/hotplug", where = "telemetry",
    program = program or "hotplug_mp",
    socket = { kind = "telemetry", bytes = o.bytes, accepted = o.accepted, input = o.input }, timeout = o.timeout,
    is_harmless = o.is_harmless }
end

-- A bytes hook for answers to this command; the greeting and others pass.
local function at(command, fn)
  return function(text, io)
    if not text:find(command, 1, true) then return text end
    return fn(text, io)
  end
end

-- A counter of a device, read by the case.
local READS = [[return rig.case { name = "sabotaged", run = function(t)
  local p = t:hotplug_mp { proc_type = "primary", hugepages = false, pci = false, memory = 64, file_prefix = "reads" }
  p:attach "net_null0"
  local telemetry = p:telemetry()
  t:equal(telemetry:port(0).ipackets, 2 ^ 53, "packets received")
  telemetry:close()
  p:quit()
end }]]

local function counters(name, reason, with, is_harmless)
  return { name = name, reason = reason, scenario = READS, where = "telemetry", program = "hotplug_mp",
    is_harmless = is_harmless, socket = { kind = "telemetry", bytes = function(text)
      if not text:find('"/ethdev/stats"', 1, true) then return text end
      for field, digits in pairs(with) do text = text:gsub('("' .. field .. '":)%d+', "%1" .. digits) end
      return text
    end } }
end

local LIST, STATS, XSTATS = '"/ethdev/list"', '"/ethdev/stats"', '"/ethdev/xstats"'

return {
  fault("the shim alone, no fault: telemetry", {}, { is_harmless = true }),
  fault("never answers", { "telemetry", "no reply to /ethdev/list" },
    { bytes = at(LIST, function() end), timeout = 60 }),
  fault("accepts a client and sends nothing", { "telemetry" }, { timeout = 60,
    accepted = function() return false end }),
  fault("too much: the answer twice in one packet", { "telemetry", "is no JSON object" },
    { bytes = at(LIST, function(text) return text .. text end) }),
  fault("too much: 4 MB in one answer", { "telemetry /ethdev/info,1" }, { bytes = at(LIST, function()
    return '{"/ethdev/list":[' .. ("1,"):rep(100000) .. "1]}"
  end) }),
  fault("too little: half an answer", { "telemetry", "is no JSON object" }, { bytes = at(LIST, function(text)
    return text:sub(1, math.floor(#text / 2))
  end), timeout = 60 }),
  fault("answers another question", { "telemetry", "is of another command" },
    { bytes = at(LIST, function() return '{"/":["/","/info"]}' end), timeout = 60 }),
  fault("another process greets", { "process 1 answers", "hotplug_mp" },
    { bytes = at('"pid"', hooks.replace('("pid":)%d+', "%11")) }),
  fault("a port too many", { "telemetry /ethdev/info,0" }, { bytes = at(LIST, function()
    return '{"/ethdev/list":[0,7]}'
  end) }),
  fault("null for an answer", { "telemetry", "is no table" },
    { bytes = at(LIST, function() return '{"/ethdev/list":null}' end) }),
  fault("closes before it answers", { "telemetry", "closed the connection" },
    { bytes = at(LIST, function(_, io) io.close() end) }),
  fault("invalid UTF-8 in the answer", { "telemetry", "is no JSON object" }, { bytes = at(LIST, function()
    return '{"/ethdev/list":["\255\254"]}'
  end) }),
  fault("counters that stand at 0", { "queue 0", "carried no RX" },
    { bytes = at(XSTATS, hooks.replace('(_packets":)%d+', "%10")) }, "symmetric_mp"),
  fault("a queue counts a packet more", { "queue 0", "RX is not what its queue carried" },
    { bytes = at(XSTATS, hooks.one_more "rx_q0_good_packets") }, "symmetric_mp"),
  fault("the queues are not there", { "queue 9", "it is no process's" },
    { bytes = at(XSTATS, hooks.replace("_q0_", "_q9_")) }, "symmetric_mp"),
  counters("a number rounded: 2^53 + 1 for 2^53", { "ipackets: 9007199254740993 does not fit" },
    { ipackets = "9007199254740993" }),
  counters("a number of 64 bits that the case does not read", {},
    { ipackets = "9007199254740992", obytes = "18446744073709551615" }, true),
  fault("testpmd counts a packet more", { "port 0", "equal the forwarded packets" },
    { bytes = at(STATS, hooks.one_more "opackets") }, "dpdk-testpmd"),
}
