--- sampler: counts packets per second while testpmd forwards, by its telemetry, for the timeline and the report.
---
--- It is no part of the case: not on its tape, nothing fails over it, and it is gone before the case's end is looked
--- at. It looks only from `start` to `stop`, when no port comes or goes: the EAL answers telemetry on a thread of its
--- own, and what it reads there would not wait for a port that is being taken away.

local engine = require "engine"
local tape = require "tape"

local sampler = {}

-- Once a second; at the start more often, for traffic is often sent for a second only.
local OFTEN, SECOND, OFTEN_SECONDS = 0.25, 1, 2
-- Who does not answer in this time is not asked again.
local PATIENCE = 2

local function rate(now, before, seconds)
  return type(now) == "number" and type(before) == "number" and now >= before and (now - before) / seconds or nil
end

-- Per queue, where more than the first counts.
local function queue_rates(stats, last, seconds)
  local out, most = {}, 1
  local rx, tx = stats.q_ipackets, stats.q_opackets
  if type(rx) ~= "table" or type(tx) ~= "table" or not last.q_ipackets then return nil end
  for q = 1, math.max(#rx, #tx) do
    out[q] = { rx = rate(rx[q], last.q_ipackets[q], seconds), tx = rate(tx[q], last.q_opackets[q], seconds) }
    if (rx[q] or 0) > 0 or (tx[q] or 0) > 0 then most = q end
  end
  for q = #out, most + 1, -1 do out[q] = nil end
  return most > 1 and out or nil
end

--- What a port did from one look at it to the next: { rx, tx (packets per second), queues = nil or an array of the
--- same }; nil where its counters were cleared in between. A look is { at (s), stats (telemetry's /ethdev/stats) }.
function sampler.rates(look, last)
  local seconds = look.at - last.at
  if seconds <= 0 then return nil end
  local rx = rate(look.stats.ipackets, last.stats.ipackets, seconds)
  local tx = rate(look.stats.opackets, last.stats.opackets, seconds)
  if not rx or not tx then return nil end
  return { rx = rx, tx = tx, queues = queue_rates(look.stats, last.stats, seconds) }
end

local function look_at(self, port)
  local stats = self.client:ask("/ethdev/stats," .. port, PATIENCE)
  if type(stats) ~= "table" then return false end
  local look = { at = engine.now(), stats = stats }
  local last = self.looks[port]
  local rates = last and sampler.rates(look, last)
  if rates then
    engine.log("sample", { console = self.name, port = port, rx = rates.rx, tx = rates.tx, queues = rates.queues,
      first = not self.is_under_way[port] or nil })
  end
  self.looks[port], self.is_under_way[port] = look, rates ~= nil
  return true
end

local function watch(self)
  local since = engine.now()
  local ports = self.client:ask("/ethdev/list", PATIENCE)
  while type(ports) == "table" do
    for _, port in ipairs(ports) do
      if type(port) ~= "number" or not look_at(self, port) then return end
    end
    if not engine.elapse(engine.now() - since < OFTEN_SECONDS and OFTEN or SECOND) then return end
  end
end

local function run(self)
  self.client = engine.telemetry(engine.here(), self.path, { name = "sampler", timeout = PATIENCE, quiet = true })
  if not self.client then return end
  pcall(watch, self)
  -- it was called off, and tidies up
  engine.forgive()
  pcall(self.client.close, self.client)
end

local function begin(pmd)
  local ctx = pmd.ctx
  if not pmd.node:is_here() or (ctx.samplers and ctx.samplers[pmd]) then return end
  ctx.samplers = ctx.samplers or {}
  local self = { name = pmd:name(), path = pmd.telemetry_path, looks = {}, is_under_way = {} }
  self.task = engine.task(run, self)
  ctx.samplers[pmd] = self
end

local function finish(ctx, pmd)
  local self = ctx.samplers and ctx.samplers[pmd]
  if not self then return end
  ctx.samplers[pmd] = nil
  self.task:cancel()
  self.task:join(PATIENCE)
end

--- testpmd forwards from here on.
function sampler.begin(pmd)
  tape.aside(pcall, begin, pmd)
end

--- It is to forward no more.
function sampler.finish(pmd)
  tape.aside(pcall, finish, pmd.ctx, pmd)
end

--- The case is over.
function sampler.finish_all(ctx)
  for pmd in pairs(ctx.samplers or {}) do sampler.finish(pmd) end
end

return sampler
