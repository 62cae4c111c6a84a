--- process: a DPDK process at its console, started from a primitive's options (engine/prim). testpmd, mp and hotplug_mp
--- extend it.

local eal = require "dpdk.eal"
local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local identity = require "host.identity"
local lcores = require "dpdk.lcores"
local options = require "base.options"
local prompt = require "dpdk.prompt"
local releases = require "dpdk.releases"
local sampler = require "dpdk.sampler"
local stats = require "dpdk.stats"
local under_test = require "host.under_test"
local vdev = require "dpdk.vdev"

local process = {}

-- The number of processors of nodes reached by SSH.
local cpus = setmetatable({}, { __mode = "k" })

local function cpus_of(node)
  if node:is_here() then return engine.sys.cpus() end
  cpus[node] = cpus[node] or tonumber(node:run({ "nproc" }).out) or 1
  return cpus[node]
end

-- The EAL's option for lcores, fitted to the node's processors.
local function lcore_words(kind, ctx, node, spec)
  if spec == nil then return nil end
  local option, value, notice = lcores.fit(spec, cpus_of(node))
  if not option then fail.misuse("%s: option lcores: %s", kind, tostring(value)) end
  if notice then ctx:deviation(notice) end
  return { option, value }
end

-- The options for the engine: those of the command line. The others are Lua's.
local function given_to_engine(kind, o)
  local out = {}
  for _, row in ipairs(engine.prims[kind].rows) do
    if row.flag then out[row.name] = o[row.name] end
  end
  return out
end

-- Primaries and secondaries of a case share a prefix; other processes have their own.
local function prefix_of(ctx, node, o, runtime)
  if o.proc_type then
    return eal.shared_prefix(ctx, node, o.file_prefix, runtime, o.proc_type == "secondary")
  end
  return eal.own_prefix(ctx, node, o.file_prefix, runtime)
end

-- A program of a build that is not installed is given the folder of its drivers.
local function with_drivers(path, words)
  local out = path and under_test.eal_words() or {}
  if #out == 0 then return words end
  for _, word in ipairs(words or {}) do out[#out + 1] = word end
  return out
end

-- The EAL's words without those that every program has: DPDK 25.11 refuses an option that is given twice.
local function own_words(words)
  if not words then return nil end
  local out = {}
  for _, word in ipairs(words) do
    if word ~= "-v" and word ~= "--version" then out[#out + 1] = word end
  end
  return out
end

-- A program prints its version at its start; without that line its telemetry has it.
local function learn_version(self, text)
  self.printed_version = releases.printed(text) or false
  if not self.printed_version then return end
  self.ctx.dpdk_versions[self.printed_version] = true
  if self.identity then self.identity.version = "DPDK " .. self.printed_version end
end

-- Waits until it is ready: for its prompt, if it has a line that ends it. Returns the output before it.
local function await_ready(self, kind, o, ready, quit, vdevs)
  local is_words = not (self.prompt and quit)
  local text = prompt.ready(self.console, ready, o.timeout, is_words, o.echo)
  vdev.check_made(kind, vdevs, text)
  return text
end

--- Starts a process on a node and waits until it is ready. `kind`: the primitive, "testpmd"; `o`: its options, checked
--- (options.take), with `ready` (a text or alternatives) and `quit` (the line that ends it), if it has them; `class`:
--- of the object.
function process.start(kind, ctx, node, o, class)
  if o.proc_type == "secondary" and not o.hugepages then
    fail.misuse("%s: a secondary shares its primary's memory, which needs hugepages", kind)
  end
  local prim, asked = engine.prims[kind], given_to_engine(kind, o)
  local ready = prim.prompt or o.ready
  local runtime, env = eal.runtime(ctx, node, o.env)
  local path = node:is_here() and under_test.program(kind, o.program) or nil
  if path then
    for _, word in ipairs(under_test.environment()) do env[#env + 1] = word end
  end
  asked.program = path or o.program
  asked.file_prefix = prefix_of(ctx, node, o, runtime)
  asked.vdevs = vdev.list(kind, o.vdevs, ctx, node)
  asked.eal = with_drivers(path, own_words(o.hugepages and vdev.with_words(asked.vdevs, o.eal) or o.eal))
  asked.lcores = lcore_words(kind, ctx, node, o.lcores)
  asked.portmask = o.portmask and tostring(o.portmask)
  -- behind the virtual IOMMU the guest's NICs take physical addresses, which only hugepages have
  local is_guest = eal.guest_of(ctx, node) ~= nil
  asked.iova_mode = o.iova_mode or is_guest and o.hugepages and "pa" or nil
  -- devices that are named are looked for
  asked.pci = o.pci or #(o.allow or {}) > 0
  local console = fail.check(engine[kind](node, asked,
    { name = o.name or o.program:match "[^/]+$", quit = prim.quit or o.quit, env = env, cwd = o.cwd }))
  local self = setmetatable({ console = console, node = node, ctx = ctx, started = console:mark(),
    prefix = asked.file_prefix or "rte", runtime = runtime,
    telemetry_path = eal.telemetry_path(runtime, asked.file_prefix or "rte"),
    printed_version = false, is_retrying = false, gone = false, ended_at = false, is_end_known = false,
    is_end_asked = false, echo = o.echo ~= false, prompt = type(ready) == "string" and ready or false }, class)
  ctx.programs[#ctx.programs + 1] = self
  ctx:watch_console(console)
  local text = ready and await_ready(self, kind, o, ready, prim.quit or o.quit, asked.vdevs)
  self.identity = identity.record(ctx, node, console, o.program, path) or false
  learn_version(self, text or "")
  console:stay()
  return self
end

--- A parser's result for a reply (`text`); without one, raises its reason. `op`: for the error.
function process.parsed(op, text, value, why)
  if value == nil then fail.raise("EPROTO", op, why, text) end
  return value
end

-- Its contract is lib/help/stubs/process.lua.
local Process = {}

local function how_it_ended(exit) return " ended with " .. ending.words(exit) end

-- A program that has exited already did not exit because of our request, even with status 0.
local function refuse_early_end(self, op)
  local exit = fail.try(self.console.await_exit, self.console, 0)
  if not exit or self.is_end_known or self.is_end_asked then return end
  local words = ("%s had ended by itself, with %s, before it was asked to"):format(self:name(), ending.words(exit))
  fail.raise("EPIPE", op, words, self.console:tail(8))
end

function Process:name() return self.console:name() end

function Process:file_prefix() return self.prefix end

function Process:version()
  if self.printed_version then return self.printed_version end
  local client = self:telemetry()
  local version = releases.greeted(client:greeting().version)
  client:close()
  self.printed_version = version or false
  return version or fail.raise("EPROTO", self:name(), "neither its start nor its telemetry has a DPDK version")
end

function Process:runtime_folder() return ("%s/%s"):format(self.runtime, self.prefix) end

-- librte_cmdline reads at most so many bytes of a line (RDLINE_BUF_SIZE), and a terminal without it 4095 (N_TTY).
local LONGEST, LONGEST_OF_OLD, LONGEST_OF_TTY = 2047, 511, 4095

local function longest(self)
  if not self.echo then return LONGEST_OF_TTY end
  local is_old = self.printed_version and not releases.is("long_command_lines", self.printed_version)
  return is_old and LONGEST_OF_OLD or LONGEST
end

-- Refusals of DPDK's command line (lib/cmdline/cmdline.c).
local REFUSALS = { "Bad arguments", "Command not found", "Ambiguous command", "Incomplete command" }

-- After the end of its machine.
local function refuse_gone(self)
  if self.gone then fail.raise("EPIPE", self:name(), "its console is closed: " .. self.gone) end
end

function Process:command(line, seconds)
  refuse_gone(self)
  if not self.prompt then fail.raise("EINVAL", self:name(), "it has no prompt: start it with ready = PROMPT") end
  local most = longest(self)
  if #line > most then
    fail.raise("EINVAL", self:name(), ("the line has %d bytes, and the program reads at most %d"):format(#line, most))
  end
  local reply = self.console:command(line, seconds)
  for _, words in ipairs(REFUSALS) do
    if reply:find(words, 1, true) then
      local name = self:name()
      fail.raise("EINVAL", ("%s: command %q"):format(name, line), ("%s refused it: %s"):format(name, words), reply)
    end
  end
  return reply
end

function Process:mark() return self.console:mark() end

function Process:expect(text, given)
  refuse_gone(self)
  return (self.console:expect(text, given))
end

function Process:telemetry()
  local ok, client = pcall(stats.telemetry_of, { self }, self.node, self.telemetry_path)
  if ok then return client end
  -- the refused connection may be the first sign of its end
  local exit = fail.try(self.console.await_exit, self.console, 0.2)
  if exit then fail.raise("EPIPE", "telemetry", self:name() .. how_it_ended(exit), self.console:tail(8)) end
  error(client, 0)
end

local function begin_end(self, op)
  refuse_early_end(self, op)
  sampler.finish(self)
  self.is_end_known = true
  self.ended_at = self.console:mark()
end

function Process:quit(seconds)
  begin_end(self, "quit")
  return self.console:exit() or self.console:close(seconds or 15)
end

function Process:interrupt(seconds)
  begin_end(self, "interrupt")
  self.console:type "\3"
  return self.console:await_exit(seconds or 15)
end

local ENDING = { TERM = true, KILL = true, INT = true, QUIT = true, HUP = true }

function Process:signal(name)
  if ENDING[name] then
    refuse_early_end(self, "signal " .. name)
    self.is_end_asked = true
  end
  if name ~= "CONT" then sampler.finish(self) end
  return self.console:signal(name)
end

function Process:kill()
  self.is_end_known = true
  self.console:signal "KILL"
  return self.console:await_exit(10)
end

function Process:wait(seconds)
  self.is_end_known = true
  return self.console:await_exit(seconds or 15)
end

function Process:exit()
  local exit = self.console:exit()
  if exit then self.is_end_known = true end
  return exit
end

--- Its end as text, if the case neither asked for it nor looked at it; nil otherwise.
function Process:unexpected_end()
  local exit = not self.is_end_known and self.console:exit()
  local is_wanted = exit and exit.code == 0 and self.is_end_asked
  if exit and not is_wanted then return self:name() .. how_it_ended(exit) .. ", but the case expected it to run" end
end

function Process:last_words() return self.console:since(self.ended_at or self.started) end

function Process:seen() return self.ctx:place(self.console) end

--- A process ends with its machine; `why`: "its guest was reset".
function process.lose(self, why)
  self.is_end_known = true
  self.gone = why
end

--- The methods of every process.
process.methods = Process

--- A class of processes: adds the methods of every process to `methods`.
function process.class(name, methods, label)
  for key, method in pairs(Process) do methods[key] = method end
  return options.class(name, methods, label)
end

return process
