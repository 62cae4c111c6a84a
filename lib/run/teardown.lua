--- teardown: a case's end: what it left is found, closed and removed, and may change its verdict.

local engine = require "engine"
local verdict = require "case.verdict"
local worker_phase = require "run.worker_phase"

local teardown = {}

--- What closing may take in all: testpmd's and the examples' quit, QEMU's, the SSH session's (each has a grace of its
--- own, of 5 or 10 s, that a healthy one does not need). Then what is left is ended the hard way.
teardown.SECONDS = 30

-- Who is told to end has 5 s for all of it: so long in peace, then what still runs is killed and undone.
local PEACE_SECONDS = 3

-- Words about what the case left to us; nil where there is nothing.
local function left_open(ctx)
  for _, program in ipairs(ctx.programs) do
    local words = program:unexpected_end()
    if words then return words end
  end
  local names = {}
  for _, r in ipairs(engine.open_resources()) do
    if not r.detached then names[#names + 1] = ("%s \"%s\""):format(r.kind, r.name) end
  end
  if #names > 0 then return "left open at the end of the case: " .. table.concat(names, ", ") end
end

--- Tears the case in a context down. `dir` is its folder, `outcome` how it ended: { status, reason, where, is_cut }
--- (lib/run/worker.lua). Changes status and reason where the end is worse.
function teardown.run(ctx, dir, outcome)
  local function judge(words)
    local status, reason = verdict.at_end(outcome.status, outcome.reason, words)
    if status ~= outcome.status then outcome.where = nil end
    outcome.status, outcome.reason = status, reason
  end
  worker_phase.tell(dir, "teardown")
  if ctx.attach then ctx.attach:stay_closed() end
  if outcome.reason and not outcome.is_cut then
    outcome.reason = require("case.post_mortem").added(outcome, ctx.machines, ctx.programs)
  end
  if next(ctx.samplers) then require("dpdk.sampler").finish_all(ctx) end
  ctx:phase "teardown"
  judge(left_open(ctx))
  local ok, err = engine.close_all(outcome.is_cut and PEACE_SECONDS or teardown.SECONDS)
  judge(not ok and "teardown: " .. tostring(err) or nil)
  ctx:clean()
  judge(engine.first_error())
  ctx:phase(nil)
end

return teardown
