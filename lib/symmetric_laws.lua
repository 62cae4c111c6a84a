--- symmetric_laws: laws of the statistics that symmetric_mp prints. Use it as `oracle`.

local law = require "law"
local show = require "show"

local breach, ports_of = law.breach, law.ports_of

local laws = {}

local WRAP = 2 ^ 32

-- examples/multi_process/symmetric_mp/main.c, PKT_BURST
laws.SYMMETRIC_BURST = 32

-- symmetric_mp sends to ports[p ^ 1] of the enabled ports: neighbours in order are peers.
local function neighbours(ports)
  local peers = {}
  for i = 1, #ports, 2 do
    if ports[i + 1] then peers[ports[i]], peers[ports[i + 1]] = ports[i + 1], ports[i] end
  end
  return peers
end

local function is_counter(n)
  return type(n) == "number" and n >= 0 and n < WRAP and n % 1 == 0
end

local function has_counters(record)
  return type(record) == "table" and is_counter(record.rx) and is_counter(record.tx)
    and is_counter(record.drop)
end

-- Received on `port` and not accounted for on its peer, modulo 2^32; or nil, breach.
local function excess_of(stats, port, peer)
  local where = "port " .. tostring(port)
  if peer == nil or stats[peer] == nil then
    return breach(where, "its peer has no statistics", "a peer port", peer)
  end
  for _, p in ipairs { port, peer } do
    if not has_counters(stats[p]) then
      return breach("port " .. tostring(p), "no 32-bit counters", "{rx, tx, drop}", show.value(stats[p]))
    end
  end
  return (stats[port].rx - stats[peer].tx - stats[peer].drop) % WRAP
end

--- RX(port) = TX(peer) + Drop(peer), modulo 2^32, for every port of one symmetric_mp process.
--- `stats` is parse.symmetric_stats' table; `peers` maps port to peer (default: neighbours).
--- `in_flight` (default 32, the program's burst) is what one port may have received and not yet
--- counted on its peer: SIGINT's handler prints in the middle of lcore_main's loop, between the
--- two counts. That is at most one burst, on at most one port, never negative; 0 is the strict law.
--- True, { [port] = { rx, tx_and_drop, in_flight } }, or nil, breach.
function laws.conservation(stats, peers, in_flight)
  local ports, seen, held_by = ports_of(stats), {}, nil
  if #ports == 0 then return breach("statistics", "no port in them", "ports", show.value(stats)) end
  peers, in_flight = peers or neighbours(ports), in_flight or laws.SYMMETRIC_BURST
  for _, port in ipairs(ports) do
    local peer = peers[port]
    local excess, why = excess_of(stats, port, peer)
    if not excess then return nil, why end
    local sum = (stats[peer].tx + stats[peer].drop) % WRAP
    if excess > in_flight or (excess > 0 and held_by) then
      return breach(("port %s and its peer %s"):format(port, peer),
        held_by and "a second port with packets in flight in one process"
          or "received is not what the peer sent and dropped", sum, stats[port].rx)
    end
    if excess > 0 then held_by = port end
    seen[port] = { rx = stats[port].rx, tx_and_drop = sum, in_flight = excess }
  end
  return true, seen
end

-- An entry of a list of processes: { name =, stats = } or bare statistics.
local function process_of(entry, index)
  if type(entry) == "table" and entry.stats ~= nil then
    return entry.name or ("process " .. index), entry.stats
  end
  return "process " .. index, entry
end

--- Conservation in each process of `list` (array of statistics or of { name, stats }), all with
--- the same ports. True, { [name] = what conservation saw }, or nil, breach.
function laws.conservation_all(list, peers, in_flight)
  if type(list) ~= "table" or #list == 0 then
    return breach("processes", "none given", "at least one", 0)
  end
  local seen, first_ports = {}, nil
  for index, entry in ipairs(list) do
    local name, stats = process_of(entry, index)
    local ok, result = laws.conservation(stats, peers, in_flight)
    if not ok then
      result.where = name .. ", " .. result.where
      return nil, result
    end
    local ports = table.concat(ports_of(stats), ",")
    first_ports = first_ports or ports
    if ports ~= first_ports then
      return breach(name, "other ports than the first process", first_ports, ports)
    end
    seen[name] = result
  end
  return true, seen
end

return laws
