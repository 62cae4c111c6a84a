--- stats: counters of a DPDK process, by its telemetry socket.

local engine = require "engine"
local fail = require "fail"
local options = require "options"

local stats = {}

local Telemetry = {}
local class = options.class("telemetry client", Telemetry)

--- Connects to a primary process's telemetry socket on a node (DPDK telemetry v2).
function stats.telemetry(node, path, seconds)
  local client = fail.check(engine.telemetry(node, path, { timeout = seconds or 15 }))
  return setmetatable({ client = client }, class)
end

--- One question, "/ethdev/stats,0": its answer as a table.
function Telemetry:ask(command, seconds)
  return fail.check(self.client:ask(command, seconds or 10))
end

--- Port ids: { 0, 1 }.
function Telemetry:ports()
  return self:ask("/ethdev/list")
end

--- A port's basic counters: { ipackets, opackets, ibytes, obytes, imissed, ierrors, oerrors, ... }.
function Telemetry:port(port)
  return self:ask("/ethdev/stats," .. port)
end

--- A port's extended counters, per queue too: { rx_q0_packets = n, ... }.
function Telemetry:extended(port)
  return self:ask("/ethdev/xstats," .. port)
end

function Telemetry:close()
  return self.client:close()
end

return stats
