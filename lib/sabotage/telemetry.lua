-- telemetry: faults of a DPDK process's telemetry socket, on this machine. Data for relay.lua.

-- Where the process says what its ports are, or what they counted.
local function fault(name, says, o, scenario)
  return { name = name, says = says, run = scenario or "smoke/hotplug", where = "telemetry",
    program = scenario == "smoke/symmetric" and "symmetric_mp" or "hotplug_mp",
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

local LIST, STATS = '"/ethdev/list"', '"/ethdev/stats"'
local COUNTED = "what it counted"

return {
  fault("the shim alone, no fault: telemetry", {}, { is_harmless = true }),
  fault("never answers", { "telemetry", "/ethdev/list" }, { bytes = at(LIST, function() end), timeout = 15 }),
  fault("takes a client and says nothing", { "telemetry" }, { accepted = function() return false end, timeout = 20 }),
  fault("too much: the answer twice in one packet", { "telemetry" },
    { bytes = at(LIST, function(text) return text .. text end) }),
  fault("too much: 4 MB in one answer", { "telemetry" }, { bytes = at(LIST, function()
    return '{"/ethdev/list":[' .. ("1,"):rep(100000) .. "1]}"
  end) }),
  fault("too little: half an answer", { "telemetry" }, { bytes = at(LIST, function(text)
    return text:sub(1, math.floor(#text / 2))
  end), timeout = 15 }),
  fault("answers another question", { "telemetry" }, { bytes = at(LIST, function() return '{"/":["/","/info"]}' end),
    timeout = 15 }),
  fault("a port too many", { "ports in telemetry at the beginning" }, { bytes = at(LIST, function()
    return '{"/ethdev/list":[0,7]}'
  end) }),
  fault("null for an answer", { "telemetry" }, { bytes = at(LIST, function() return '{"/ethdev/list":null}' end) }),
  fault("closes before it answers", { "telemetry" }, { bytes = at(LIST, function(_, io) io.close() end) }),
  fault("invalid UTF-8 in the answer", { "telemetry" }, { bytes = at(LIST, function()
    return '{"/ethdev/list":["\255\254"]}'
  end) }),
  fault("counters that stand at 0", { "expected", "got" }, { bytes = at(STATS, function(text)
    return (text:gsub('"ipackets":%d+', '"ipackets":0'))
  end) }, "smoke/symmetric"),
  fault("a counter that is one off", { COUNTED }, { bytes = at(STATS, function(text)
    return (text:gsub('"ipackets":(%d+)', function(n) return '"ipackets":' .. ("%.0f"):format(tonumber(n) + 1) end))
  end) }, "smoke/symmetric"),
}
