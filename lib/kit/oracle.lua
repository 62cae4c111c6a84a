--- oracle: invariants of the counters and lists of a healthy run.
---
--- Each oracle returns true and the values that it saw, or nil and { expected, got, where, why } for a check:
--- `t:holds(oracle.received(stats))`. Unreadable input is a breach.

local devices = require "kit.device_invariants"
local invariant = require "kit.invariant"
local parse = require "dpdk.parse"
local symmetric = require "kit.symmetric_invariants"

local breach, ports_of, is_positive = invariant.breach, invariant.ports_of, invariant.is_positive

local oracle = {}
for _, part in ipairs { symmetric, devices } do
  for name, value in pairs(part) do oracle[name] = value end
end

--- The EAL has logged no error in a console's text.
function oracle.no_eal_errors(text)
  local errors = parse.eal_errors(text)
  if #errors > 0 then return breach("log", "the EAL logged errors", {}, errors) end
  return true, errors
end

--- Every port of `stats` received packets; `min_ports` (default 2) ports are there at least.
--- Takes symmetric_mp's statistics (rx) and testpmd's (rx_packets).
function oracle.received(stats, min_ports)
  local ports, seen = ports_of(stats), {}
  min_ports = min_ports or 2
  if #ports < min_ports then return breach("statistics", "ports missing", min_ports, #ports) end
  for _, port in ipairs(ports) do
    local record = stats[port]
    local rx = type(record) == "table" and (record.rx or record.rx_packets)
    if not is_positive(rx) then
      return breach("port " .. tostring(port), "received nothing", "more than 0", rx or nil)
    end
    seen[port] = rx
  end
  return true, seen
end

--- Back to back: each port of `sender` sent what its peer in `receiver` received, and that is more
--- than nothing. Both are parse.port_stats' tables (or forward_stats' ports); `pairs_of` maps the
--- sender's ports to the receiver's (default: the same id).
function oracle.in_equals_out(sender, receiver, pairs_of)
  local ports, seen = ports_of(sender), {}
  if #ports == 0 then return breach("sender", "no port", "ports", 0) end
  for _, port in ipairs(ports) do
    local peer = port
    if pairs_of then peer = pairs_of[port] end
    local where = ("port %s to port %s"):format(port, tostring(peer))
    local out = sender[port].tx_packets
    local got = peer ~= nil and receiver[peer] and receiver[peer].rx_packets
    if not is_positive(out) then return breach(where, "nothing was sent", "more than 0", out) end
    if got ~= out then return breach(where, "received is not what was sent", out, got or nil) end
    seen[port] = out
  end
  return true, seen
end

return oracle
