--- teardown: the end of a case: closes and removes everything; finds what the case left open.

local engine = require "engine"
local verdict = require "case.verdict"
local worker_phase = require "run.worker_phase"

local teardown = {}

-- worker_phase.CLOSE_SECONDS after Ctrl-C: the guard kills the worker after 4 s.
local CUT_SECONDS = 3

-- A reason, where the case left something open or a program exited unnoticed.
local function left_open(ctx)
  for _, program in ipairs(ctx.programs) do
    local words = program:unexpected_end()
    if words then return words end
  end
  local names = {}
  for _, r in ipairs(engine.open_resources()) do
    if not r.detached then names[#names + 1] = ("%s \"%s\""):format(r.kind, r.name) end
  end
  if #names > 0 then
    return ("left open at the end of the case: %s; end each with its quit or close"):format(table.concat(names, ", "))
  end
end

--- Tears a case down. `dir` is its folder. Changes `outcome` ({ status, reason, where, is_cut }, lib/run/worker.lua)
--- where the teardown finds something worse.
function teardown.run(ctx, dir, outcome)
  local function judge(words)
    local status, reason = verdict.at_end(outcome.status, outcome.reason, words)
    if status ~= outcome.status then outcome.where = nil end
    outcome.status, outcome.reason = status, reason
  end
  worker_phase.report(dir, "teardown")
  if ctx.attach then ctx.attach:stay_closed() end
  if outcome.reason and not outcome.is_cut then
    outcome.reason = require("case.post_mortem").added(outcome, ctx.machines, ctx.programs)
  end
  if next(ctx.samplers) then require("dpdk.sampler").finish_all(ctx) end
  ctx:phase "teardown"
  if ctx.detached[1] then require("case.detached").finish_all(ctx) end
  judge(left_open(ctx))
  local ok, err = engine.close_all(outcome.is_cut and CUT_SECONDS or worker_phase.CLOSE_SECONDS)
  judge(not ok and "teardown: " .. tostring(err) or nil)
  ctx:clean()
  judge(engine.first_error())
  ctx:phase(nil)
end

return teardown
