--- testpmd: a dpdk-testpmd at its prompt: commands, forwarding, port statistics.

local ending = require "base.ending"
local fail = require "base.fail"
local options = require "base.options"
local parse = require "dpdk.parse"
local process = require "dpdk.process"
local sampler = require "dpdk.sampler"
local suggest = require "base.suggest"

local testpmd = {}

-- Its contract is lib/help/stubs/testpmd.lua.
local Testpmd = {}
local class = process.class("testpmd", Testpmd)

-- MiB that the EAL maps without hugepages; the pool of mbufs must fit into it.
local PLAIN_MEMORY, PLAIN_MBUFS = 512, 8192

--- Starts testpmd on a node and waits for its prompt. Options: engine/prim/testpmd.c.
function testpmd.start(ctx, given, node)
  local o = options.take("testpmd", given, options.of "testpmd")
  if not o.hugepages then o.memory, o.mbufs = o.memory or PLAIN_MEMORY, o.mbufs or PLAIN_MBUFS end
  return process.start("testpmd", ctx, node, o, class)
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

function Testpmd:start(first) return self:command(first and "start tx_first" or "start") end

function Testpmd:stop()
  local text = self:command("stop", 20)
  return process.parsed("testpmd: stop", text, parse.forward_stats(text))
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
