--- sampler: counts packets per second while a primary process forwards (testpmd, symmetric_mp), by its telemetry, for
--- the timeline and the report. Secondaries have no telemetry: their packets are in the queues of the primary's ports.
---
--- It is not recorded, its failures do not matter, and it stops before the case's end is judged. It reads only while
--- traffic runs (testpmd's `start` to `stop`; symmetric_mp from ready to the traffic's end, lib/kit/vhost_pair.lua, or
--- its own) and no port is attached or detached: the EAL's telemetry thread does not wait for a port that is being
--- removed.

local counters = require "dpdk.counters"
local engine = require "engine"
local identity = require "host.identity"
local recorder = require "recorder.recorder"

local sampler = {}

-- Seconds between looks: { at the start, for how long, then }, as traffic often runs for a few seconds only. In an
-- emulated guest, a look at two ports takes 7 ms of the processors that send the traffic, and the connection 100.
local HERE, THERE = { 0.25, 2, 1 }, { 1, 1, 2 }
-- Without a reply in this time the sampler stops; in a guest, socat must start first.
local PATIENCE, PATIENCE_THERE = 2, 10

local function rate(now, before, seconds)
  return type(now) == "number" and type(before) == "number" and now >= before and (now - before) / seconds or nil
end

local NONE = {}

-- Per queue, if more than the first one counts.
local function queue_rates(queues, last, seconds)
  local out, most = {}, 0
  for q, n in pairs(queues) do
    if (n.rx or 0) > 0 or (n.tx or 0) > 0 then most = math.max(most, q) end
  end
  for q = 0, most do
    local now, before = queues[q] or NONE, last[q] or NONE
    out[q + 1] = { rx = rate(now.rx, before.rx, seconds), tx = rate(now.tx, before.tx, seconds) }
  end
  return most > 0 and next(last) ~= nil and out or nil
end

--- A port's rates between two looks: { rx, tx (packets per second), queues = nil or an array of the same }; nil if its
--- counters were cleared in between. A look is { at (s), stats (telemetry's /ethdev/stats), queues = { [queue] = { rx,
--- tx } } }.
function sampler.rates(look, last)
  local seconds = look.at - last.at
  if seconds <= 0 then return nil end
  local rx = rate(look.stats.ipackets, last.stats.ipackets, seconds)
  local tx = rate(look.stats.opackets, last.stats.opackets, seconds)
  if not rx or not tx then return nil end
  return { rx = rx, tx = tx, queues = queue_rates(look.queues, last.queues, seconds) }
end

--- The packets of each queue as telemetry's /ethdev/stats counts them: { [queue] = { rx, tx } }, or nil: since 25.11
--- it does not (releases.lua, queues_in_stats).
function sampler.queues(stats)
  local rx, tx = stats.q_ipackets, stats.q_opackets
  if type(rx) ~= "table" or type(tx) ~= "table" then return nil end
  local queues = {}
  for q = 1, math.max(#rx, #tx) do queues[q - 1] = { rx = rx[q], tx = tx[q] } end
  return queues
end

-- The packets of each queue; empty where the port does not count them.
local function queues_of(self, stats, port)
  local queues = sampler.queues(stats)
  if queues then return queues end
  local extended = self.client:ask("/ethdev/xstats," .. port, self.patience)
  return type(extended) == "table" and counters.queue_counters(extended) or {}
end

local function look_at(self, port)
  local stats = self.client:ask("/ethdev/stats," .. port, self.patience)
  if type(stats) ~= "table" then return false end
  local look = { at = engine.now(), stats = stats, queues = queues_of(self, stats, port) }
  local last = self.looks[port]
  local rates = last and sampler.rates(look, last)
  if rates then
    engine.log("sample", { console = self.name, port = port, rx = rates.rx, tx = rates.tx, queues = rates.queues,
      first = not last.is_rated or nil })
  end
  look.is_rated = rates ~= nil
  self.looks[port] = look
  return true
end

local function watch(self)
  -- a secondary has its primary's socket
  local pid = self.console:pid()
  if pid > 0 and not identity.is_of(self.node, self.client:greeting().pid, pid) then return end
  local since = engine.now()
  local ports = self.client:ask("/ethdev/list", self.patience)
  while type(ports) == "table" do
    for _, port in ipairs(ports) do
      if type(port) ~= "number" or not look_at(self, port) then return end
    end
    local first, seconds, later = unpack(self.pace)
    if not engine.elapse(engine.now() - since < seconds and first or later) then return end
  end
end

local function run(self)
  self.client = engine.telemetry(self.node, self.path, { name = "sampler", timeout = self.patience, quiet = true })
  if not self.client then return end
  pcall(watch, self)
  -- cancelled, but the client must be closed
  engine.clear_cancel()
  pcall(self.client.close, self.client)
end

-- The first process at a socket listens there for as long as it runs.
local function is_sampled(ctx, program)
  for one in pairs(ctx.samplers) do
    local is_its = one.node == program.node and one.telemetry_path == program.telemetry_path
    -- a cell's end closes the client of a sampler that began in it
    if is_its and not one.console:exit() and not one.task:is_done() then return true end
  end
  return false
end

local function begin(program)
  local ctx = program.ctx
  if is_sampled(ctx, program) then return end
  local is_here = program.node:is_here()
  local self = { name = program:name(), console = program.console, node = program.node,
    path = program.telemetry_path, pace = is_here and HERE or THERE, patience = is_here and PATIENCE or PATIENCE_THERE,
    looks = {} }
  self.task = engine.task(run, self)
  ctx.samplers[program] = self
end

local function finish(program)
  local samplers = program.ctx.samplers
  local self = samplers[program]
  if not self then return end
  samplers[program] = nil
  self.task:cancel()
  self.task:join(PATIENCE)
end

local function finish_all(ctx, node)
  local programs = {}
  for program in pairs(ctx.samplers) do programs[#programs + 1] = program end
  for _, program in ipairs(programs) do
    if not node or program.node == node then pcall(finish, program) end
  end
end

--- A program of the case forwards from here on.
function sampler.begin(program) recorder.unrecorded(pcall, begin, program) end

--- It will stop forwarding.
function sampler.finish(program) recorder.unrecorded(pcall, finish, program) end

--- The case has ended; or, on `node`, its traffic has ended or a device will be attached or detached.
function sampler.finish_all(ctx, node) recorder.unrecorded(pcall, finish_all, ctx, node) end

return sampler
