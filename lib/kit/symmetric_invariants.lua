--- symmetric_invariants: invariants of symmetric_mp's statistics. Use it as `oracle`.

local counters = require "dpdk.counters"
local invariant = require "kit.invariant"
local show = require "base.show"

local breach, ports_of, is_positive = invariant.breach, invariant.ports_of, invariant.is_positive

local invariants = {}

local WRAP = 2 ^ 32

--- The burst of symmetric_mp: PKT_BURST in examples/multi_process/symmetric_mp/main.c.
invariants.SYMMETRIC_BURST = 32

-- symmetric_mp sends to ports[p ^ 1] of the enabled ports: neighbours in order are peers.
local function neighbours(ports)
  local peers = {}
  for i = 1, #ports, 2 do
    if ports[i + 1] then peers[ports[i]], peers[ports[i + 1]] = ports[i + 1], ports[i] end
  end
  return peers
end

local function is_counter(n) return type(n) == "number" and n >= 0 and n < WRAP and n % 1 == 0 end

local function has_counters(record)
  return type(record) == "table" and is_counter(record.rx) and is_counter(record.tx) and is_counter(record.drop)
end

-- A process's counters of a port, or nil, breach.
local function record_of(stats, port, where)
  local record = type(stats) == "table" and stats[port] or nil
  if has_counters(record) then return record end
  return breach(where, "no 32-bit counters", "{rx, tx, drop}", show.value(record))
end

-- Received on `port` and not accounted for on its peer, modulo 2^32; or nil, breach.
local function excess_of(stats, port, peer)
  if peer == nil or stats[peer] == nil then
    return breach(("port %s"):format(port), "its peer has no statistics", "a peer port", peer)
  end
  for _, p in ipairs { port, peer } do
    local record, why = record_of(stats, p, ("port %s"):format(p))
    if not record then return nil, why end
  end
  return (stats[port].rx - stats[peer].tx - stats[peer].drop) % WRAP
end

--- RX(port) = TX(peer) + Drop(peer), modulo 2^32, for every port of one symmetric_mp process. `stats` is
--- parse.symmetric_stats' table; `peers` maps port to peer (default: neighbours). `in_flight` (default 32, the
--- program's burst) is what one port may have received and not yet counted on its peer: SIGINT's handler prints in the
--- middle of lcore_main's loop, between the two counts. That is at most one burst, on at most one port, never negative;
--- 0 is strict. True, { [port] = { rx, tx_and_drop, in_flight } }, or nil, breach.
function invariants.conservation(stats, peers, in_flight)
  local ports, seen, held_by = ports_of(stats), {}, nil
  if #ports == 0 then return breach("statistics", "no port in them", "ports", show.value(stats)) end
  peers, in_flight = peers or neighbours(ports), in_flight or invariants.SYMMETRIC_BURST
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

-- An entry of a list of processes: { name =, stats =, seen = } or bare statistics. Returns its name, with where
-- its statistics were seen, and them.
local function process_of(entry, index)
  if type(entry) ~= "table" or entry.stats == nil then return "process " .. index, entry end
  local name = entry.name or ("process " .. index)
  return entry.seen and ("%s (%s)"):format(name, entry.seen) or name, entry.stats
end

--- Conservation in each process of `list` (array of statistics or of { name, stats, seen }; seen: their place and time,
--- for a breach), all with the same ports. True, { [name] = conservation's values }, or nil, breach.
function invariants.conservation_all(list, peers, in_flight)
  if type(list) ~= "table" or #list == 0 then return breach("processes", "none given", "at least one", 0) end
  local seen, first_ports = {}, nil
  for index, entry in ipairs(list) do
    local name, stats = process_of(entry, index)
    local ok, result = invariants.conservation(stats, peers, in_flight)
    if not ok then
      result.where = name .. ", " .. result.where
      return nil, result
    end
    local ports = table.concat(ports_of(stats), ",")
    first_ports = first_ports or ports
    if ports ~= first_ports then return breach(name, "other ports than the first process", first_ports, ports) end
    seen[name] = result
  end
  return true, seen
end

-- True where each process of the list has these ports; or nil, breach.
local function have_ports(list, ports)
  if type(list) ~= "table" or #list == 0 then return breach("processes", "none given", "at least one", 0) end
  local expected = table.concat(ports, ",")
  for index, entry in ipairs(list) do
    local name, stats = process_of(entry, index)
    local got = table.concat(ports_of(stats), ",")
    if got ~= expected then return breach(name, "other ports than those counted elsewhere", expected, got) end
  end
  return true
end

-- Process by queue: { [queue] = { name, stats } }, or nil, breach.
local function owners_of(list)
  local owners = {}
  for index, entry in ipairs(list) do
    local name, stats = process_of(entry, index)
    local queue = entry.queue
    if type(queue) ~= "number" then return breach(name, "its queue is not given", "a queue", queue) end
    if owners[queue] then
      return breach(name, ("has queue %d, and so has %s"):format(queue, owners[queue].name), "another queue", queue)
    end
    owners[queue] = { name = name, stats = stats }
  end
  return owners
end

-- A process's counters of a port against those of its queue.
local function check_queue(where, record, counted)
  for _, way in ipairs { "rx", "tx" } do
    local n, words = counted and counted[way], way:upper()
    if not is_positive(n) then return breach(where, "its queue carried no " .. words, "more than 0", n) end
    if record[way] ~= n % WRAP then
      -- all numbers of both: swapped ones are seen at once
      return breach(where, words .. " is not what its queue carried, by telemetry",
        { rx = counted.rx % WRAP, tx = (counted.tx or 0) % WRAP },
        { rx = record.rx, tx = record.tx, drop = record.drop })
    end
  end
  return true
end

-- A port's queues, { [queue] = { rx, tx } }, against their owners.
local function check_port(port, queues, owners)
  for _, queue in ipairs(show.sorted_keys(queues)) do
    if not owners[queue] then
      return breach(("port %s, queue %s"):format(port, queue), "it is no process's", "a process", nil)
    end
  end
  for _, queue in ipairs(show.sorted_keys(owners)) do
    local where = ("%s, port %s, queue %s"):format(owners[queue].name, port, queue)
    local record, why = record_of(owners[queue].stats, port, where)
    if not record then return nil, why end
    local ok, broken = check_queue(where, record, queues[queue])
    if not ok then return nil, broken end
  end
  return true
end

--- Each process moved the packets of its own queue and no others: its RX and TX are those of its queue on each port,
--- modulo 2^32; each queue has a process, and carried packets both ways. The driver has the one and the program the
--- other counter, so this separates TX from Drop, which conservation cannot. `list`: array of { name, queue = its
--- --proc-id, stats, seen }; `extended`: { [port] = telemetry's extended statistics }, read when traffic was quiet and
--- the primary still ran. True, { [port] = { [queue] = { rx, tx } } }, or nil, breach.
function invariants.queue_owners(list, extended)
  local ports, seen = ports_of(extended), {}
  if #ports == 0 then return breach("telemetry", "no port in it", "ports", show.value(extended)) end
  local ok, why = have_ports(list, ports)
  if not ok then return nil, why end
  local owners
  owners, why = owners_of(list)
  if not owners then return nil, why end
  for _, port in ipairs(ports) do
    seen[port] = counters.queue_counters(extended[port])
    ok, why = check_port(port, seen[port], owners)
    if not ok then return nil, why end
  end
  return true, seen
end

-- Were all packets received, except up to `may_miss`? Modulo 2^32.
local function is_all(sent, got, may_miss) return (sent - got) % WRAP <= may_miss end

-- The sum of the processes' received packets on a port; or nil, breach. With `queues`, the packets sent to each queue,
-- each process must have received those of its own.
local function received_on(port, list, queues, may_miss)
  local sum = 0
  for index, entry in ipairs(list) do
    local name, stats = process_of(entry, index)
    local where = ("%s, port %s"):format(name, port)
    local record, why = record_of(stats, port, where)
    if not record then return nil, why end
    local queue = queues and queues[entry.queue] or {}
    if queues and not is_all(queue.tx or 0, record.rx, may_miss) then
      return breach(where, ("RX is not what was sent to queue %s"):format(entry.queue), (queue.tx or 0) % WRAP,
        record.rx)
    end
    sum = sum + record.rx
  end
  return sum
end

--- All processes of `list` together received the packets sent to a port, and each process those sent to its queue:
--- modulo 2^32, more than nothing, never more than was sent. `sent`: { [port] = { tx_packets, queues = { [queue] = { tx
--- } } (optional), seen } }; `list` is queue_owners'; `in_flight` is the most packets of a queue that may be sent and
--- not received: of each port, { [port] = n }, or one number (default 0). True, { [port] = { sent, received } }, or
--- nil, breach.
function invariants.sent_is_received(sent, list, in_flight)
  local ports, seen = ports_of(sent), {}
  if #ports == 0 then return breach("sender", "no port", "ports", show.value(sent)) end
  local ok, why = have_ports(list, ports)
  if not ok then return nil, why end
  for _, port in ipairs(ports) do
    local may_miss = type(in_flight) == "table" and in_flight[port] or tonumber(in_flight) or 0
    local out = sent[port].tx_packets
    local where = ("port %s of the sender"):format(port)
    if sent[port].seen then where = ("%s (%s)"):format(where, sent[port].seen) end
    if not is_positive(out) then return breach(where, "nothing was sent", "more than 0", out) end
    local got
    got, why = received_on(port, list, sent[port].queues, may_miss)
    if not got then return nil, why end
    if not is_all(out, got, may_miss * #list) then
      return breach(where, "what was sent is not what all processes received", out % WRAP, got % WRAP)
    end
    seen[port] = { sent = out, received = got }
  end
  return true, seen
end

return invariants
