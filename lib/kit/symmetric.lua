--- symmetric: DPDK's symmetric_mp: a set of processes, each with its own queue of every port.

local oracle = require "kit.oracle"
local sampler = require "dpdk.sampler"
local vhost_pair = require "kit.vhost_pair"

local symmetric = {}

-- Where each process was asked to forward: { lcore, queue }.
local asked = setmetatable({}, { __mode = "k" })

--- Starts process `id` of `count` on an lcore, `how` = auto, primary or secondary. `where` is a VM, or t for this
--- machine; `more`: further options of t:mp.
function symmetric.start(where, id, count, lcore, how, more)
  local o = { program = "symmetric_mp", name = ("symmetric_mp-%d"):format(id), lcores = lcore,
    proc_type = how, portmask = 3, num_procs = count, proc_id = id, ready = "Finished Process Init" }
  for key, value in pairs(more or {}) do o[key] = value end
  local process = where:mp(o)
  asked[process] = { lcore = lcore, queue = id }
  if how ~= "secondary" then sampler.begin(process) end
  return process
end

-- The lcore and queue that the process prints (lcore_main, examples/multi_process/symmetric_mp/main.c).
local function printed(process)
  local lcore, queue = process.console:since(process.started):match "lcore (%d+) using queue (%d+) of each port"
  return { lcore = tonumber(lcore), queue = tonumber(queue) }
end

--- Interrupts the processes (ordered by their ids from 0), secondaries first. Returns their statistics in the same
--- order: { name, queue, stats, seen }. The queue of a process has its id.
function symmetric.quit_all(t, processes)
  local all = {}
  for i = #processes, 1, -1 do
    local process = processes[i]
    t:same(printed(process), asked[process], process:name() .. " forwards on its lcore, from its queue")
    local exit = process:interrupt()
    t:equal(exit.code, 0, process:name() .. " exited with status 0")
    all[i] = { name = process:name(), queue = i - 1, stats = process:statistics(), seen = process:seen() }
    t:value(process:name(), all[i].stats)
  end
  return all
end

-- t:holds with the claim first.
local function holds(t, what, ok, detail) t:holds(ok, detail, what) end

-- A ring may be lost at a port's start (vhost_pair.rings): a note reports it.
local function note_missing(t, counted)
  for port, n in pairs(counted) do
    t:value(("port %d: sent and not received"):format(port), n.sent - n.received)
    if n.sent ~= n.received then
      t:note(("port %d: %d packets of %d were lost on their ring as the guest's port started"):format(port,
        n.sent - n.received, n.sent))
    end
  end
end

--- Checks that each process received on both ports, that RX(port) = TX(peer) + Drop(peer) for each and for all, that
--- each used its own queue (`extended`: vhost_pair.wait_until_quiet's), and that all together received the packets of
--- testpmd (`sent`: vhost_pair.stop's). `rings` (default: none): the packets that a queue of each port may have lost
--- at its start, vhost_pair.rings'.
function symmetric.check(t, all, sent, extended, rings)
  for _, one in ipairs(all) do
    for port = 0, 1 do
      t:at_least(one.stats[port] and one.stats[port].rx, 1, ("%s received on port %d"):format(one.name, port))
    end
    holds(t, one.name .. ": RX(port) = TX(peer) + Drop(peer)", oracle.conservation_all({ one }, vhost_pair.peers, 0))
  end
  holds(t, "all processes: RX(port) = TX(peer) + Drop(peer)", oracle.conservation_all(all, vhost_pair.peers, 0))
  holds(t, "each process's RX and TX are its queue's (telemetry)", oracle.queue_owners(all, extended))
  local ok, counted = oracle.sent_is_received(sent, all, rings)
  holds(t, "the processes received what testpmd sent", ok, counted)
  note_missing(t, counted)
end

return symmetric
