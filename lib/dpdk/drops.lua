--- drops: packets that no ring of a vhost port took, each counted once in what testpmd's `stop` prints.
---
--- TX-dropped of a port is what testpmd could not send, and since DPDK 23.03 also the port's TX-errors; since 23.11
--- net_vhost counts a packet there that its ring did not take. So testpmd prints it twice.

local releases = require "dpdk.releases"

local drops = {}

--- Does `set fwd MODE retry` (a line) make testpmd send again what a port did not take? Each try is an error then.
function drops.retries(line) return line:find "^%s*set%s+fwd%s+%S+%s+retry" ~= nil end

-- With streams, testpmd prints the packets that it could not send, and nothing else, for each.
local function of_streams(streams, port)
  local sum = 0
  for _, stream in ipairs(streams) do
    if stream.tx_port == port then sum = sum + stream.tx_dropped end
  end
  return sum
end

local function is_twice(version)
  return releases.is("errors_in_tx_dropped", version) and releases.is("vhost_counts_drops", version)
end

local function put(record, dropped)
  record.tx_dropped, record.tx_total = dropped, record.tx_packets + dropped
end

--- Changes the counters of `stop` (counters.forward_stats) so that tx_dropped and tx_total, of vhost ports and in all,
--- have each packet once. `version`: of testpmd; nil where it is unknown: nothing is changed. `is_vhost(port)` is asked
--- only for ports that dropped any.
function drops.once(stats, version, is_vhost)
  if not is_twice(version) then return stats end
  local less = 0
  for port, record in pairs(stats.ports) do
    local printed = record.tx_dropped
    if printed > 0 and is_vhost(port) then
      put(record, #stats.streams > 0 and of_streams(stats.streams, port) or printed / 2)
      less = less + printed - record.tx_dropped
    end
  end
  if less > 0 then put(stats.all, stats.all.tx_dropped - less) end
  return stats
end

return drops
