--- mp: DPDK processes that work together, primary and secondary, on one node.

local eal = require "dpdk.eal"
local engine = require "engine"
local fail = require "base.fail"
local identity = require "host.identity"
local image = require "host.image"
local suggest = require "base.suggest"
local options = require "base.options"
local parse = require "dpdk.parse"
local paths = require "base.paths"
local prompt = require "dpdk.prompt"
local sampler = require "dpdk.sampler"
local stats = require "dpdk.stats"
local vdev = require "dpdk.vdev"

local mp = {}

local SPEC = {
  program = { "text", needed = true }, name = { "text" }, lcores = { "string|number" },
  proc_type = { "string", "auto", of = { auto = true, primary = true, secondary = true } },
  file_prefix = { "text" }, iova_mode = { "string", of = { pa = true, va = true } },
  eal = { "words" }, portmask = { "string|number" }, num_procs = { "count" },
  proc_id = { "whole" }, args = { "words" }, ready = { "text|words" }, timeout = { "span", 60 },
  quit = { "text" }, vdevs = { "table" }, hugepages = { "boolean", true }, memory = { "count" },
  pci = { "boolean", true },
}

local Process = {}
local class = options.class("DPDK process", Process)

-- "0,2-3", or one number.
local function lcore_words(spec)
  return spec ~= nil and "-l " .. tostring(spec) or nil
end

-- On this machine DPDK's examples are on nobody's PATH: they were built for the guest.
local function located(ctx, node, program)
  if not node:is_here() or program:find "/" or paths.program(program) then return program end
  local built = image.find()
  if built then
    image.verify(built)
    ctx.image(built.id)
  end
  local path = built and ("%s/%s"):format(built.examples, program)
  if path and engine.fs.access(path, "x") then return path end
  local examples = built and engine.fs.list(built.examples) or {}
  fail.misuse("mp: %s is not on PATH and none of DPDK's examples%s%s", program, suggest.hint(program, examples),
    built and "" or ": `moonrig setup` builds those")
end

-- The EAL's words for what options say; the scenario's own come last.
local function eal_words(o, vdevs)
  local words = {}
  local function add(...)
    for _, word in ipairs { ... } do words[#words + 1] = word end
  end
  if not o.hugepages then add("--no-huge", "--no-shconf") end
  if not o.pci then add "--no-pci" end
  if o.memory then add("-m", ("%d"):format(o.memory)) end
  for _, one in ipairs(vdevs) do add("--vdev", one) end
  add(unpack(o.eal or {}))
  return words
end

--- Starts a DPDK process on a node; waits for `ready` (a text, or several of which one will do)
--- where one is given. Options: see SPEC; `quit` is the line that ends it, without one SIGINT does.
function mp.start(ctx, node, given, methods)
  local o = options.take("mp", given, SPEC)
  if o.proc_type == "secondary" and not o.hugepages then
    fail.misuse "mp: a secondary has its primary's memory, and without hugepages there is none to share"
  end
  local runtime, env = eal.runtime(ctx, node)
  local prefix = eal.shared_prefix(ctx, node, o.file_prefix, runtime)
  local program = located(ctx, node, o.program)
  local vdevs = vdev.list("mp", o.vdevs, ctx, node)
  local console = fail.check(engine.mp(node, {
    name = o.name or o.program:match("[^/]+$"), program = program, lcores = lcore_words(o.lcores),
    proc_type = o.proc_type,
    file_prefix = prefix, iova_mode = o.iova_mode, eal = eal_words(o, vdevs),
    portmask = o.portmask and tostring(o.portmask) or nil, num_procs = o.num_procs,
    proc_id = o.proc_id, args = o.args or {}, quit = o.quit,
    env = env,
  }))
  local process = setmetatable({ console = console, node = node, ctx = ctx, started = console:position(),
    telemetry_path = eal.telemetry_path(runtime, prefix or "rte"),
    ended_at = false, is_end_known = false, is_end_asked = false,
    prompt = type(o.ready) == "string" and o.ready or false,
    is_cmdline = o.quit ~= nil }, methods or class)
  ctx.programs[#ctx.programs + 1] = process
  ctx.hear(console)
  if o.ready then
    local said = prompt.ready(console, o.ready, o.timeout, not (process.is_cmdline and process.prompt))
    vdev.check_made("mp", vdevs, said)
  end
  process.identity = identity.record(ctx, node, console, o.program, program) or false
  return process
end

local function exit_words(exit)
  if exit.lost then return "without an exit status" end
  return "with " .. (exit.signal and "signal " .. exit.signal or "exit status " .. tostring(exit.code))
end

local function how_it_ended(exit)
  return (exit.lost and " went " or " ended ") .. exit_words(exit)
end

-- A program that is gone already did not end because it was asked to, however well it did.
local function refuse_early_end(self, op)
  local exit = self.console:await_exit(0)
  if not exit or self.is_end_known or self.is_end_asked then return end
  local words = ("%s had ended by itself, %s, before it was asked to"):format(self:name(), exit_words(exit))
  fail.raise("EPIPE", op, words, self.console:tail(8))
end

--- The name of its console and transcript.
function Process:name()
  return self.console:name()
end

--- One line to its prompt (the text it was `ready` with); the reply, without the echo.
function Process:command(line, seconds)
  if not self.prompt then fail.raise("EINVAL", self:name(), "it has no prompt: start it with ready = its prompt") end
  local at_line = self.prompt:sub(1, 1) == "\n" and self.prompt or "\n" .. self.prompt
  local reply = prompt.command(self.console, line, at_line, seconds or 10)
  return reply:gsub("^[^\n]*\n", "", 1) .. "\n"
end

--- Waits for a text (or one of several) in what it prints; returns what came before it.
function Process:expect(text, seconds)
  return (fail.check(self.console:expect(text, seconds or 10)))
end

--- A client of its telemetry, where it is a primary (lib/dpdk/stats.lua).
function Process:telemetry()
  local ok, client = pcall(stats.telemetry_of, { self }, self.node, self.telemetry_path)
  if ok then return client end
  -- that nobody listens may be the first that is heard of its end
  local exit = self.console:await_exit(0.2)
  if exit then fail.raise("EPIPE", "telemetry", self:name() .. how_it_ended(exit), self.console:tail(8)) end
  error(client, 0)
end

--- Asks it to end (its `quit` line; SIGTERM without one) and waits. Returns { code, signal, lost }. Raises where it
--- had ended before, and the case has not heard of that (wait, exit).
function Process:quit(seconds)
  refuse_early_end(self, "quit")
  sampler.finish(self)
  self.is_end_known = true
  self.ended_at = self.console:position()
  return self.console:exit() or fail.check(self.console:close(seconds or 15))
end

--- Types Ctrl-C, as a person would, and waits for its end. Returns { code, signal, lost }.
function Process:interrupt(seconds)
  refuse_early_end(self, "interrupt")
  sampler.finish(self)
  self.is_end_known = true
  self.ended_at = self.console:position()
  fail.check(self.console:type("\3"))
  return fail.check(self.console:await_exit(seconds or 15))
end

local ENDING = { TERM = true, KILL = true, INT = true, QUIT = true, HUP = true }

--- Sends a signal to its process group: "TERM", "KILL", "STOP", "CONT", "INT", ...
function Process:signal(name)
  if ENDING[name] then
    refuse_early_end(self, "signal " .. name)
    self.is_end_asked = true
  end
  if name ~= "CONT" then sampler.finish(self) end
  return fail.check(self.console:signal(name))
end

--- Waits for its end: { code, signal, lost }.
function Process:wait(seconds)
  self.is_end_known = true
  return fail.check(self.console:await_exit(seconds or 15))
end

--- Has it ended? { code, signal, lost }, or nil while it runs.
function Process:exit()
  local exit = self.console:exit()
  if exit then self.is_end_known = true end
  return exit
end

--- Words about an end that the case neither asked for nor heard of; nil where there is none.
function Process:unheard_end()
  local exit = not self.is_end_known and self.console:exit()
  local is_wanted = exit and exit.code == 0 and self.is_end_asked
  if exit and not is_wanted then return self:name() .. how_it_ended(exit) .. ", and the case did not notice" end
end

--- What it said since it was asked to end (or since its start).
function Process:last_words()
  return self.console:since(self.ended_at or self.started)
end

--- Where its last words are found: "symmetric_mp-1.log at 26.9 s", the transcript and the run's time.
function Process:seen()
  return self.ctx.place(self.console)
end

--- symmetric_mp's statistics, printed at its end: { [port] = { rx, tx, drop } }. Raises where they
--- are missing, doubled or cut.
function Process:statistics()
  local text = self:last_words()
  local counted, why = parse.symmetric_stats(text)
  if not counted then fail.raise("EPROTO", self:name() .. ": statistics", why, text) end
  return counted
end

mp.methods, mp.refuse_early_end = Process, refuse_early_end

return mp
