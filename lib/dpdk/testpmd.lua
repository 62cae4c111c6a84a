--- testpmd: a dpdk-testpmd at its prompt: commands, forwarding, port statistics.

local drops = require "dpdk.drops"
local eal = require "dpdk.eal"
local ending = require "base.ending"
local fail = require "base.fail"
local hugepages = require "host.hugepages"
local lines = require "base.lines"
local options = require "base.options"
local parse = require "dpdk.parse"
local process = require "dpdk.process"
local sampler = require "dpdk.sampler"
local suggest = require "base.suggest"
local under_test = require "host.under_test"

local testpmd = {}

-- Its contract is lib/help/stubs/testpmd.lua.
local Testpmd = {}
local class = process.class("testpmd", Testpmd)

-- MiB for the pool of mbufs and all else.
local function taken_by(mbufs) return 128 + math.ceil(mbufs * 2.5 / 1024) end

-- MiB that the EAL maps without hugepages.
local function memory_for(mbufs) return math.max(512, taken_by(mbufs)) end

-- testpmd's own pool (155,456 mbufs) is larger than the hugepages of a guest.
local FEWEST_MBUFS = 8192

-- RTE_ETH_DEV_FALLBACK_RX_RINGSIZE (lib/ethdev/rte_ethdev.h), and the mbufs that each lcore keeps for itself
-- (DEF_MBUF_CACHE of app/test-pmd/testpmd.c, and as many again before it gives any back).
local DESCRIPTORS, CACHE = 512, 500

-- The mbufs of a pool with which all queues can be full; `nics`: ports beside those that the options name.
local function mbufs_for(o, nics)
  local ports = math.max(1, #(o.vdevs or {}) + #(o.allow or {}) + nics)
  local each = (o.rxq or 1) * (o.rxd or DESCRIPTORS) + (o.txq or 1) * (o.txd or DESCRIPTORS)
  return math.max(FEWEST_MBUFS, ports * each + ((o.nb_cores or 1) + 1) * CACHE)
end

-- In a guest testpmd has the guest's NICs, unless it is given vdevs, and hugepages, which the driver net_virtio needs.
local function take_guest(vm, o, given)
  if given.hugepages == nil then o.hugepages = vm.options.hugepages > 0 end
  if given.pci == nil then o.pci = given.vdevs == nil end
  o.mbufs = o.mbufs or mbufs_for(o, o.pci and not o.allow and #vm.options.ports or 0)
end

-- testpmd's own pool: RX_DESC_MAX, TX_DESC_MAX and a burst for each of RTE_MAX_ETHPORTS, and the lcores' caches
-- (app/test-pmd/testpmd.c, init_config).
local function own_mbufs(o) return 32 * (2048 + 2048 + 512 + CACHE / 2 * ((o.nb_cores or 1) + 1)) end

-- On this machine hugepages are as they were chosen (--hugepages), where the scenario gives none.
local function take_hugepages(ctx, o)
  if under_test.hugepages() == "off" then return hugepages.go_without(ctx) end
  local mib = o.memory or taken_by(o.mbufs or own_mbufs(o))
  local words, why = hugepages.for_program(mib, o.proc_type ~= nil)
  if not words then return hugepages.go_without(ctx, why) end
  o.hugepages = true
  for _, word in ipairs(o.eal or {}) do words[#words + 1] = word end
  o.eal = words
end

-- testpmd prints its prompt, too, where a port could not be configured (app/test-pmd/testpmd.c, start_port and main).
local function check_ports(self)
  local text = self:last_words()
  local at = text:find "Fail to configure port" or text:find "Start ports failed"
  if not at then return end
  local words = text:match("^[^\n]*", at)
  self:kill()
  fail.raise("EINVAL", self:name(), "a port could not be started: " .. words, lines.last(text:sub(1, at - 1), 8))
end

--- Starts testpmd on a node and waits for its prompt. Options: engine/prim/testpmd.c.
function testpmd.start(ctx, given, node)
  local o = options.take("testpmd", given, options.of "testpmd")
  local vm = eal.guest_of(ctx, node)
  if vm then take_guest(vm, o, given or {}) end
  if not vm and node:is_here() and (given or {}).hugepages == nil then take_hugepages(ctx, o) end
  if not o.hugepages then
    o.mbufs = o.mbufs or mbufs_for(o, 0)
    o.memory = o.memory or memory_for(o.mbufs)
  end
  local self = process.start("testpmd", ctx, node, o, class)
  check_ports(self)
  return self
end

-- A line as testpmd's command line reads it, a blank behind each word: no abbreviations, and a comment ends it
-- (lib/cmdline/cmdline_parse.c).
local function plain(line) return (line:gsub("#.*", ""):gsub("%s*(%S+)%s*", "%1 ")) end

-- Lines that start traffic (app/test-pmd/cmdline.c), and those that stop it, or attach or detach a port.
local STARTS = { "^start $", "^start tx_first " }
local ENDS = { "^stop ", "^port attach ", "^port detach ", "^device detach " }

local function is_one(line, patterns)
  for _, pattern in ipairs(patterns) do
    if line:find(pattern) then return true end
  end
end

function Testpmd:command(line, seconds)
  local typed = plain(line)
  if is_one(typed, ENDS) then sampler.finish(self) end
  local text = process.methods.command(self, line, seconds)
  if is_one(typed, STARTS) then sampler.begin(self) end
  if typed:find "^set fwd " then self.is_retrying = drops.retries(typed) end
  return text
end

-- testpmd's forwarding modes (app/test-pmd/testpmd.c, fwd_engines).
local MODES = { "io", "mac", "macswap", "flowgen", "rxonly", "txonly", "csum", "icmpecho", "noisy", "5tswap",
  "shared_rxq", "recycle_mbufs" }

function Testpmd:set_fwd(mode)
  local ok, text = pcall(self.command, self, "set fwd " .. mode)
  local hint = suggest.hint(mode, MODES)
  if not ok and fail.code(text) == "EINVAL" then text.what = text.what .. hint end
  if not ok then error(text, 0) end
  if not text:find("Set " .. mode .. " packet forwarding mode", 1, true) then
    fail.raise("EINVAL", "testpmd: set fwd", ("testpmd did not set forwarding mode %q%s"):format(mode, hint), text)
  end
end

-- Why it does not forward (app/test-pmd/testpmd.c, start_packet_forwarding; config.c, pkt_fwd_shared_rxq_check).
local NOT_STARTED = { "Not all ports were started", "Packet forwarding already started",
  "Packet forwarding is not ready", "can't be scheduled on different cores" }

function Testpmd:start(first)
  local line = first and "start tx_first" or "start"
  local text = self:command(line)
  for _, words in ipairs(NOT_STARTED) do
    local at = text:find(words, 1, true)
    if at then
      local why = text:sub(1, at):match "[^\n]*$" .. text:sub(at + 1):match "^[^\n]*"
      fail.raise("EINVAL", ("%s: command %q"):format(self:name(), line), "testpmd does not forward: " .. why, text)
    end
  end
  return text
end

function Testpmd:stop()
  local text = self:command("stop", 20)
  local counted = process.parsed("testpmd: stop", text, parse.forward_stats(text))
  -- with retries no counter tells packets from tries
  if self.is_retrying then return counted end
  return drops.once(counted, self.printed_version or nil, function(port)
    return self:port_info(port).driver == "net_vhost"
  end)
end

function Testpmd:port_stats(port)
  local text = self:command("show port stats " .. (port or "all"))
  local counted, why = parse.port_stats(text)
  if counted and port then counted, why = counted[port], "there is no port " .. port end
  return process.parsed("testpmd: show port stats", text, counted, why)
end

function Testpmd:port_info(port)
  local text = self:command("show port info " .. port)
  local info, why = parse.port_info(text)
  return process.parsed("testpmd: show port info", text, info and info[port], why or "no such port")
end

function Testpmd:quit(seconds)
  local exit = process.methods.quit(self, seconds)
  if exit.code ~= 0 then
    fail.raise("EFAIL", "testpmd: quit", "testpmd ended with " .. ending.words(exit), self.console:tail(8))
  end
end

return testpmd
