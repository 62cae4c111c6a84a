--- symmetric: DPDK's symmetric_mp: a set of processes, each on its own queue of every port.

local oracle = require "oracle"
local vhost_pair = require "vhost_pair"

local symmetric = {}

--- Starts process `id` of `count` on an lcore of the VM, `how` = auto, primary or secondary.
function symmetric.start(vm, id, count, lcore, how)
  return vm:mp { program = "symmetric_mp", name = ("symmetric_mp-%d"):format(id), lcores = lcore,
    proc_type = how, portmask = 3, num_procs = count, proc_id = id, ready = "Finished Process Init" }
end

--- Ends the processes, secondaries first, and returns their statistics in their order.
function symmetric.quit_all(t, processes)
  local all = {}
  for i = #processes, 1, -1 do
    local process = processes[i]
    local exit = process:interrupt()
    t:equal(exit.code, 0, process:name() .. " ended with exit status 0")
    all[i] = { name = process:name(), stats = process:statistics() }
    t:value(process:name(), all[i].stats)
  end
  return all
end

--- Each process received on both ports, and RX(port) = TX(peer) + Drop(peer) for each and for all.
function symmetric.check(t, all)
  for _, one in ipairs(all) do
    for port = 0, 1 do
      t:at_least(one.stats[port] and one.stats[port].rx, 1, ("%s received on port %d"):format(one.name, port))
    end
    local ok, detail = oracle.conservation(one.stats, vhost_pair.peers, 0)
    t:holds(ok, detail, one.name .. ": RX(port) = TX(peer) + Drop(peer)")
  end
  local ok, detail = oracle.conservation_all(all, vhost_pair.peers, 0)
  t:holds(ok, detail, "all processes: RX(port) = TX(peer) + Drop(peer)")
end

return symmetric
