--- symmetric: DPDK's symmetric_mp: a set of processes, each on its own queue of every port.

local oracle = require "oracle"
local vhost_pair = require "vhost_pair"

local symmetric = {}

--- Starts process `id` of `count` on an lcore of the VM, `how` = auto, primary or secondary.
function symmetric.start(vm, id, count, lcore, how)
  return vm:mp { program = "symmetric_mp", name = ("symmetric_mp-%d"):format(id), lcores = lcore,
    proc_type = how, portmask = 3, num_procs = count, proc_id = id, ready = "Finished Process Init" }
end

--- Ends the processes (in the order of their ids from 0), secondaries first. Returns what they printed, in
--- their order: { name, queue, stats, seen }, a queue having its process's id.
function symmetric.quit_all(t, processes)
  local all = {}
  for i = #processes, 1, -1 do
    local process = processes[i]
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

--- Each process received on both ports; RX(port) = TX(peer) + Drop(peer) for each and for all; each moved
--- its own queue's packets (`extended`: vhost_pair.settle's), and all of them together what testpmd
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
  holds(t, "what testpmd sent is what the processes received", oracle.sent_is_received(sent, all, vhost_pair.RING))
end

return symmetric
