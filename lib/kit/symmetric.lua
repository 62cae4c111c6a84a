--- symmetric: DPDK's symmetric_mp: a set of processes, each on its own queue of every port.

local oracle = require "kit.oracle"
local sampler = require "dpdk.sampler"
local vhost_pair = require "kit.vhost_pair"

local symmetric = {}

-- Where each process was asked to forward: { lcore, queue }.
local asked = setmetatable({}, { __mode = "k" })

--- Starts process `id` of `count` on an lcore, `how` = auto, primary or secondary. `where` has :mp, a VM or a case
--- (on this machine); `more`: further options of mp.start.
function symmetric.start(where, id, count, lcore, how, more)
  local o = { program = "symmetric_mp", name = ("symmetric_mp-%d"):format(id), lcores = lcore,
    proc_type = how, portmask = 3, num_procs = count, proc_id = id, ready = "Finished Process Init" }
  for key, value in pairs(more or {}) do o[key] = value end
  local process = where:mp(o)
  asked[process] = { lcore = lcore, queue = id }
  if how ~= "secondary" then sampler.begin(process) end
  return process
end

-- Where the process says it forwards (lcore_main, examples/multi_process/symmetric_mp/main.c).
local function told(process)
  local lcore, queue = process.console:since(process.started):match "lcore (%d+) using queue (%d+) of each port"
  return { lcore = tonumber(lcore), queue = tonumber(queue) }
end

--- Ends the processes (in the order of their ids from 0), secondaries first. Returns what they printed, in
--- their order: { name, queue, stats, seen }, a queue having its process's id.
function symmetric.quit_all(t, processes)
  local all = {}
  for i = #processes, 1, -1 do
    local process = processes[i]
    t:same(told(process), asked[process], process:name() .. " forwards on its lcore, from its queue")
    local exit = process:interrupt()
    t:equal(exit.code, 0, process:name() .. " ended with exit status 0")
    all[i] = { name = process:name(), queue = i - 1, stats = process:statistics(), seen = process:seen() }
    t:value(process:name(), all[i].stats)
  end
  return all
end

-- t:holds with words of our own.
local function holds(t, what, ok, detail)
  t:holds(ok, detail, what)
end

-- A ring may be lost at a port's start (vhost_pair.RING): where it was, that is told.
local function tell_missing(t, counted)
  for port, n in pairs(counted) do
    t:value(("port %d: sent and not received"):format(port), n.sent - n.received)
    if n.sent ~= n.received then
      t:note(("port %d: %d packets of %d were lost on their ring as the guest's port started"):format(port,
        n.sent - n.received, n.sent))
    end
  end
end

--- Each process received on both ports; RX(port) = TX(peer) + Drop(peer) for each and for all; each moved
--- its own queue's packets (`extended`: vhost_pair.wait_until_quiet's), and all of them together what testpmd
--- sent (`sent`: vhost_pair.stop's).
function symmetric.check(t, all, sent, extended)
  for _, one in ipairs(all) do
    for port = 0, 1 do
      t:at_least(one.stats[port] and one.stats[port].rx, 1, ("%s received on port %d"):format(one.name, port))
    end
    holds(t, one.name .. ": RX(port) = TX(peer) + Drop(peer)", oracle.conservation_all({ one }, vhost_pair.peers, 0))
  end
  holds(t, "all processes: RX(port) = TX(peer) + Drop(peer)", oracle.conservation_all(all, vhost_pair.peers, 0))
  holds(t, "each process's RX and TX are its queue's (telemetry)", oracle.queue_owners(all, extended))
  local ok, counted = oracle.sent_is_received(sent, all, vhost_pair.RING)
  holds(t, "what testpmd sent is what the processes received", ok, counted)
  tell_missing(t, counted)
end

return symmetric
