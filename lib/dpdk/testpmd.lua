--- testpmd: a dpdk-testpmd at its prompt: commands, forwarding, port statistics.

local eal = require "dpdk.eal"
local engine = require "engine"
local fail = require "base.fail"
local identity = require "host.identity"
local lcores = require "dpdk.lcores"
local mp = require "dpdk.mp"
local suggest = require "base.suggest"
local options = require "base.options"
local parse = require "dpdk.parse"
local prompt = require "dpdk.prompt"
local sampler = require "dpdk.sampler"
local stats = require "dpdk.stats"
local vdev = require "dpdk.vdev"

local testpmd = {}

local SPEC = {
  name = { "text", "testpmd" }, program = { "text", "dpdk-testpmd" },
  lcores = { "string|number|table" }, vdevs = { "table" }, allow = { "words" }, pci = { "boolean", false },
  file_prefix = { "text", "vhost" }, hugepages = { "boolean", false }, memory = { "count" },
  nb_cores = { "count" }, rxq = { "count" }, txq = { "count" }, rxd = { "count" },
  txd = { "count" }, mbufs = { "count" }, eal = { "words" }, args = { "words" },
  timeout = { "span", 30 },
}

local Testpmd = {}
local class = options.class("testpmd", Testpmd)

-- Without hugepages EAL maps this much, and the pool of mbufs has to fit into it.
local PLAIN_MEMORY, PLAIN_MBUFS = 512, 8192

-- The processors here; a node reached by SSH is asked for its own.
local function cpus_of(node)
  if node:is_here() then return engine.sys.cpus() end
  return tonumber(fail.check(node:run { "nproc" }).out) or 1
end

local function fit_lcores(ctx, node, spec)
  if spec == nil then return nil end
  local option, value, notice = lcores.fit(spec, cpus_of(node))
  if not option then fail.misuse("testpmd: option lcores: %s", tostring(value)) end
  if notice then ctx.notice(notice) end
  return option .. " " .. value
end

--- Starts testpmd on a node and waits for its prompt. `ctx` is the case: { scratch, notice(text) }.
--- Options: see SPEC; sizes of memory in MiB.
function testpmd.start(ctx, node, given)
  local o = options.take("testpmd", given, SPEC)
  local vdevs = vdev.list("testpmd", o.vdevs, ctx, node)
  local runtime, env = eal.runtime(ctx, node)
  local prefix = eal.own_prefix(ctx, node, o.file_prefix, runtime)
  local is_plain = not o.hugepages
  local console = fail.check(engine.testpmd(node, {
    name = o.name, program = o.program, lcores = fit_lcores(ctx, node, o.lcores), vdevs = vdevs,
    allow = o.allow or {}, pci = o.pci, file_prefix = prefix, hugepages = o.hugepages,
    memory = o.memory or (is_plain and PLAIN_MEMORY or 0), nb_cores = o.nb_cores, rxq = o.rxq,
    txq = o.txq, rxd = o.rxd, txd = o.txd, mbufs = o.mbufs or (is_plain and PLAIN_MBUFS or 0),
    eal = o.eal or {}, args = o.args or {},
    env = env,
  }))
  local pmd = setmetatable({ console = console, node = node, ctx = ctx,
    telemetry_path = eal.telemetry_path(runtime, prefix), is_end_known = false, is_end_asked = false }, class)
  ctx.programs[#ctx.programs + 1] = pmd
  ctx.hear(console)
  vdev.check_made("testpmd", vdevs, prompt.ready(console, engine.prompts.testpmd, o.timeout))
  pmd.identity = identity.record(ctx, node, console, o.program) or false
  return pmd
end

-- What testpmd's command line answers to a line it cannot use (lib/cmdline/cmdline.c).
local REFUSALS = { "Bad arguments", "Command not found", "Ambiguous command", "Incomplete command" }

-- A port comes or goes (app/test-pmd/cmdline.c).
local function is_hotplug(line)
  return line:find "^port attach " or line:find "^port detach " or line:find "^device detach "
end

--- Sends one line, waits for the prompt, returns what came in between without the echo.
function Testpmd:command(line, seconds)
  if line == "stop" or is_hotplug(line) then sampler.finish(self) end
  local reply = prompt.command(self.console, line, engine.prompts.testpmd, seconds or 10)
  local text = reply:gsub("^[^\n]*\n", "", 1) .. "\n"
  for _, words in ipairs(REFUSALS) do
    if text:find(words, 1, true) then
      fail.raise("EINVAL", ("testpmd: command %q"):format(line), "testpmd says: " .. words, text)
    end
  end
  if line == "start" or line == "start tx_first" then sampler.begin(self) end
  return text
end

-- testpmd's forwarding modes (app/test-pmd/testpmd.c, fwd_engines).
local MODES = { "io", "mac", "macswap", "flowgen", "rxonly", "txonly", "csum", "icmpecho", "noisy", "5tswap",
  "shared-rxq" }

--- `set fwd MODE`: io, mac, txonly, rxonly, ...
function Testpmd:set_fwd(mode)
  local ok, text = pcall(self.command, self, "set fwd " .. mode)
  if not ok and fail.code(text) == "EINVAL" then text.what = text.what .. suggest.hint(mode, MODES) end
  if not ok then error(text, 0) end
  if not text:find("Set " .. mode .. " packet forwarding mode", 1, true) then
    fail.raise("EINVAL", "testpmd: set fwd", ("testpmd did not take forwarding mode %q"):format(mode), text)
  end
end

--- Starts forwarding; `first`: sends a first burst (`start tx_first`).
function Testpmd:start(first)
  return self:command(first and "start tx_first" or "start")
end

--- Stops forwarding. Returns { ports = { [port] = { rx_packets, tx_packets, ... } }, all, streams }.
function Testpmd:stop()
  local text = self:command("stop", 20)
  local counted, why = parse.forward_stats(text)
  if not counted then fail.raise("EPROTO", "testpmd: stop", why, text) end
  return counted
end

--- `show port stats`: { [port] = { rx_packets, tx_packets, rx_missed, ... } }, of one port or all.
function Testpmd:port_stats(port)
  local text = self:command("show port stats " .. (port or "all"))
  local counted, why = parse.port_stats(text)
  if not counted or (port and not counted[port]) then
    fail.raise("EPROTO", "testpmd: show port stats", why or "there is no port " .. port, text)
  end
  return port and counted[port] or counted
end

--- `show port info N`: { name, driver, mac, link, rx_queues, ... }.
function Testpmd:port_info(port)
  local text = self:command("show port info " .. port)
  local info, why = parse.port_info(text)
  if not info or not info[port] then
    fail.raise("EPROTO", "testpmd: show port info", why or "no such port", text)
  end
  return info[port]
end

--- A client of its telemetry (lib/dpdk/stats.lua): counters without a word at the prompt.
function Testpmd:telemetry()
  return stats.telemetry_of({ self }, self.node, self.telemetry_path)
end

--- `quit`; waits for the end. Raises unless it ended with 0, and where it had ended before.
function Testpmd:quit(seconds)
  mp.refuse_early_end(self, "testpmd: quit")
  self.is_end_known = true
  sampler.finish(self)
  local exit = self.console:exit()
  if not exit then exit = fail.check(self.console:close(seconds or 15)) end
  if exit.code ~= 0 then
    local how = exit.signal and "signal " .. exit.signal or "exit status " .. tostring(exit.code)
    fail.raise("EFAIL", "testpmd: quit", "testpmd ended with " .. how, self.console:tail(8))
  end
end

--- SIGKILL; waits for the end. Returns { code, signal, lost }.
function Testpmd:kill()
  self.is_end_known = true
  fail.check(self.console:signal "KILL")
  return fail.check(self.console:await_exit(10))
end

Testpmd.unheard_end, Testpmd.seen = mp.methods.unheard_end, mp.methods.seen

--- The name of its console and transcript.
function Testpmd:name()
  return self.console:name()
end

return testpmd
