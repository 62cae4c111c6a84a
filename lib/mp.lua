--- mp: DPDK processes that work together, primary and secondary, on one node.

local eal = require "eal"
local engine = require "engine"
local fail = require "fail"
local options = require "options"
local parse = require "parse"

local mp = {}

local SPEC = {
  program = { "string", needed = true }, name = { "string" }, lcores = { "string|number" },
  proc_type = { "string", "auto" }, file_prefix = { "string" }, iova_mode = { "string" },
  eal = { "table" }, portmask = { "string|number" }, num_procs = { "number" },
  proc_id = { "number" }, args = { "table" }, ready = { "string|table" }, timeout = { "number", 60 },
  quit = { "string" },
}

local Process = {}
local class = options.class("DPDK process", Process)

-- "0,2-3", or one number.
local function lcore_words(spec)
  return spec ~= nil and "-l " .. tostring(spec) or nil
end

--- Starts a DPDK process on a node; waits for `ready` (a text, or several of which one will do)
--- where one is given. Options: see SPEC; `quit` is the line that ends it, without one SIGINT does.
function mp.start(ctx, node, given, methods)
  local o = options.take("mp", given, SPEC)
  local runtime, env = eal.runtime(ctx, node)
  local console = fail.check(engine.mp(node, {
    name = o.name or o.program:match("[^/]+$"), program = o.program, lcores = lcore_words(o.lcores),
    proc_type = o.proc_type,
    file_prefix = eal.shared_prefix(ctx, node, o.file_prefix, runtime), iova_mode = o.iova_mode, eal = o.eal or {},
    portmask = o.portmask and tostring(o.portmask) or nil, num_procs = o.num_procs,
    proc_id = o.proc_id, args = o.args or {}, quit = o.quit,
    env = env,
  }))
  local process = setmetatable({ console = console, node = node, ctx = ctx, started = console:position(),
    is_auto = o.proc_type == "auto" }, methods or class)
  if o.ready then fail.check(console:expect(o.ready, o.timeout)) end
  return process
end

--- The name of its console and transcript.
function Process:name()
  return self.console:name()
end

--- Types Ctrl-C, as a person would, and waits for its end. Returns { code, signal, lost }.
function Process:interrupt(seconds)
  self.ended_at = self.console:position()
  fail.check(self.console:type("\3"))
  return fail.check(self.console:await_exit(seconds or 15))
end

--- Sends a signal to its process group: "TERM", "KILL", "STOP", "CONT", "INT", ...
function Process:signal(name)
  return fail.check(self.console:signal(name))
end

--- Waits for its end: { code, signal, lost }.
function Process:wait(seconds)
  return fail.check(self.console:await_exit(seconds or 15))
end

--- Has it ended? { code, signal, lost }, or nil while it runs.
function Process:exit()
  return self.console:exit()
end

--- What it said since it was asked to end (or since its start).
function Process:last_words()
  return self.console:since(self.ended_at or self.started)
end

--- symmetric_mp's statistics, printed at its end: { [port] = { rx, tx, drop } }. Raises where they
--- are missing, doubled or cut.
function Process:statistics()
  local text = self:last_words()
  local stats, why = parse.symmetric_stats(text)
  if not stats then fail.raise("EPROTO", self:name() .. ": statistics", why, text) end
  return stats
end

mp.methods = Process

return mp
