-- symmetric: faults of symmetric_mp's console, on this machine. Data for relay.lua.

local hooks = dofile(debug.getinfo(1, "S").source:match "^@(.*)/" .. "/hooks.lua")

local STATISTICS = "^Port %d: RX"
local ME = "symmetric_mp-0"

local fault = hooks.fault { run = "smoke/symmetric", program = "symmetric_mp", where = "symmetric_mp's console" }

local function statistics(name, reason, fn) return fault(name, reason, { line = hooks.symmetric(fn) }) end

local function received(name, reason, port, fn) return fault(name, reason, { line = hooks.symmetric_rx(port, fn) }) end

return {
  fault("the shim alone, no fault: symmetric_mp", {}, { is_harmless = true }),
  received("RX 0 on one port", { ME, "received on port 1" }, 1, function() return 0 end),
  statistics("RX 0 on all ports", { ME, "received on port 0" }, function() return 0, 0, 0 end),
  statistics("TX and Drop swapped", { ME, "TX is not what its queue carried" },
    function(_, rx, tx, drop) return rx, drop, tx end),
  statistics("statistics of the other port, which add up", { ME, "is not what its queue carried" },
    function(_, rx, tx, drop, io)
    -- both ports may have carried the same: mirrored, and with one drop more
    local first = io.state.first or { rx, tx, drop }
    io.state.first = first
    return first[2] + first[3] + 1, first[2], first[3] + 1
  end),
  statistics("all counters doubled", { ME, "RX is not what its queue carried" },
    function(_, rx, tx, drop) return 2 * rx, 2 * tx, 2 * drop end),
  received("one packet too many", { ME, "port 0", "received is not what the peer sent" }, 0,
    function(rx) return rx + 1 end),
  received("a counter wrapped below 0", { ME, "port 0", "received is not what the peer sent" }, 0,
    function() return 2 ^ 32 - 32 end),
  received("a counter beyond 32 bits", { ME, "larger than a counter can be" }, 0, function(rx) return rx + 2 ^ 32 end),
  received("letters in a counter", { ME, "is no counter" }, 0, function(rx) return rx .. "e5" end),
  statistics("statistics of one port missing", { ME, "received on port 1" }, function(port, rx, tx, drop)
    if port == 0 then return rx, tx, drop end
  end),
  fault("statistics missing", { ME, "no port's statistics" }, { line = hooks.drop(STATISTICS) }),
  fault("statistics printed twice", { ME, "port 0 a second time" }, { line = hooks.twice(STATISTICS) }),
  fault("statistics cut in a line", { ME, "cut at the end" }, { line = hooks.cut("^Port 1: RX", 0.7) }),
  fault("a signal ends it after its statistics", { ME, "exited with status 0", "got nil" },
    { final = function() return nil, 11 end }),
  fault("exit status 0, and an error printed", { ME, "Finished Process Init", "exit status 0", "Cannot init" }, {
    begun = function(io)
      io.print "EAL: Error - exiting with code: 1\r\n  Cause: Cannot init port 0\r\n"
      io.die(0)
    end }),
  fault("dies behind its ready line", { ME }, { line = hooks.once("Finished Process Init", function(text, io)
    io.print(text)
    io.die(1)
  end) }),
  fault("never ready", { ME, "Finished Process Init" }, { line = hooks.drop "Finished Process Init", timeout = 15 }),
  fault("deaf to Ctrl-C and SIGTERM", { ME },
    { input = hooks.drop "^\3$", signal = function() return false end, timeout = 15 }),
}
