--- oracle: laws that the numbers and lists of a healthy run obey.
---
--- Each oracle answers true and what it saw, or nil and { expected, got, where, why }: plain values
--- that a check can record (`t:holds(oracle.received(stats))`). Unreadable input breaks the law.

local show = require "show"

local oracle = {}

local WRAP = 2 ^ 32

-- examples/multi_process/symmetric_mp/main.c, PKT_BURST
oracle.SYMMETRIC_BURST = 32

local Breach = {}
Breach.__tostring = function(b)
  return ("%s: %s (expected %s, got %s)"):format(b.where, b.why, show.value(b.expected), show.value(b.got))
end

local function breach(where, why, expected, got)
  return nil, setmetatable({ where = where, why = why, expected = expected, got = got }, Breach)
end

local function ports_of(stats)
  return type(stats) == "table" and show.sorted_keys(stats) or {}
end

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

-- False for nan too.
local function is_positive(n)
  return type(n) == "number" and n > 0
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
function oracle.conservation(stats, peers, in_flight)
  local ports, seen, held_by = ports_of(stats), {}, nil
  if #ports == 0 then return breach("statistics", "no port in them", "ports", show.value(stats)) end
  peers, in_flight = peers or neighbours(ports), in_flight or oracle.SYMMETRIC_BURST
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
function oracle.conservation_all(list, peers, in_flight)
  if type(list) ~= "table" or #list == 0 then
    return breach("processes", "none given", "at least one", 0)
  end
  local seen, first_ports = {}, nil
  for index, entry in ipairs(list) do
    local name, stats = process_of(entry, index)
    local ok, result = oracle.conservation(stats, peers, in_flight)
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

local function rows_text(list)
  local rows = {}
  for _, row in ipairs(list) do rows[#rows + 1] = row.port .. " " .. row.device end
  table.sort(rows)
  return table.concat(rows, ", ")
end

--- The same set of ports and devices in every list. `lists` is { [process name] = list of
--- parse.device_list } or an array of them, two at least. True, the set as text; or nil, breach.
function oracle.same_devices(lists)
  local names = show.sorted_keys(lists)
  if #names < 2 then return breach("lists", "nothing to compare", "two lists", #names) end
  local first
  for _, name in ipairs(names) do
    local rows = rows_text(lists[name])
    first = first or rows
    if rows ~= first then
      return breach(("%s against %s"):format(show.value(name), show.value(names[1])),
        "processes see other devices", first, rows)
    end
  end
  return true, first
end

-- Bare list or lists by process, as an array of { name, list }.
local function each_list(lists)
  if lists.by_device then return { { "the list", lists } } end
  local out = {}
  for _, name in ipairs(show.sorted_keys(lists)) do
    out[#out + 1] = { "the list of " .. show.value(name), lists[name] }
  end
  return out
end

--- `device` is in none of the lists (one list, or lists by process).
function oracle.gone(lists, device)
  local all = each_list(lists)
  if #all == 0 then return breach("lists", "none given", "a list", 0) end
  for _, pair in ipairs(all) do
    if pair[2].by_device[device] ~= nil then
      return breach(pair[1], device .. " is still there", "no " .. device, rows_text(pair[2]))
    end
  end
  return true, device .. " is gone"
end

--- `device` is in each of the lists, once, with port id `port` where given.
function oracle.present(lists, device, port)
  local all = each_list(lists)
  if #all == 0 then return breach("lists", "none given", "a list", 0) end
  for _, pair in ipairs(all) do
    local got = pair[2].by_device[device]
    if got == nil then
      return breach(pair[1], device .. " is missing", device, rows_text(pair[2]))
    end
    if port and got ~= port then
      return breach(pair[1], device .. " has another port id", port, got)
    end
  end
  return true, device .. " is there"
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
    if not is_positive(out) then
      return breach(where, "nothing was sent", "more than 0", out)
    end
    if got ~= out then
      return breach(where, "received is not what was sent", out, got or nil)
    end
    seen[port] = out
  end
  return true, seen
end

return oracle
