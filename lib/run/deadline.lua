--- deadline: when a case is out of time. Pauses do not count.

local engine = require "engine"
local options = require "base.options"
local steps = require "base.steps"
local where = require "base.where"
local worker_phase = require "run.worker_phase"

local deadline = {}

-- `at`: on engine.now()'s clock. `left`: seconds at the start of a pause. `paused`: seconds in pauses. `resumed`: an
-- event, set at the end of a pause. `computes`: the reason of a scenario that was ended while it computed.
local Deadline = {}
local class = options.class("deadline", Deadline, nil,
  { "spec", "seconds", "words", "at", "left", "paused", "resumed", "computes" })

-- A wait has to have an end.
local LONGEST = 1e6

local function run_is_over(seconds) return ("the run's deadline of %g s came"):format(seconds) end

--- When a run with these options (runner.run's) ends, on engine.now()'s clock; nil: it has no deadline.
function deadline.of_run(run, o) return o.ends or (o.deadline and run.origin + o.deadline) or nil end

--- The time of a run(t) that begins at `at`, the case's own or the rest of the run's: { seconds, words = the reason
--- when it is over }.
function deadline.of(header, spec, at)
  local own = spec.timeout or header.timeout
  local left = spec.deadline and spec.deadline - at or own
  if left >= own then return { seconds = own, words = ("not done within its %g s"):format(own) } end
  return { seconds = math.max(0, left), words = run_is_over(spec.run_seconds) }
end

--- The deadline of a case that begins now. `spec` is the worker's.
function deadline.start(header, spec)
  local now = engine.now()
  local has = deadline.of(header, spec, now)
  return setmetatable({ spec = spec, seconds = has.seconds, words = has.words, at = now + has.seconds, paused = 0 },
    class)
end

-- Gives the case `seconds` from now, but not beyond the run's deadline.
local function set(self, seconds)
  self.at = engine.now() + seconds
  if not self.spec.deadline or self.at < self.spec.deadline then return end
  self.at, self.words = self.spec.deadline, run_is_over(self.spec.run_seconds)
end

--- Moves with the pauses of an attach server, and reports each to the supervisor.
function Deadline:follow(server)
  server.stopped = function(seconds)
    self.left, self.resumed = self.at - engine.now(), engine.event()
    set(self, math.huge)
    worker_phase.report(self.spec.dir, "pause", nil, seconds)
  end
  server.went_on = function(seconds)
    self.paused = self.paused + seconds
    server.ctx.paused = self.paused
    set(self, self.left)
    worker_phase.report(self.spec.dir, "run", self.at - self.seconds)
    self.resumed:set()
    self.resumed = nil
  end
  server.renewed = function() set(self, self.seconds) end
end

--- Ends a scenario that computes at its deadline, and lets Ctrl-C reach it.
function Deadline:watch()
  steps.watch("worker", function()
    if engine.poll_once(self.at) ~= "late" then return end
    local place = where.scenario(engine.home())
    self.computes = ("%s%s: it computes and does not wait"):format(place and place .. ": " or "", self.words)
    error(self.computes, 0)
  end)
end

function Deadline:unwatch() steps.watch("worker", nil) end

local function seconds_left(self) return math.max(0, math.min(self.at - engine.now(), LONGEST)) end

local function await_resumed(self) self.resumed:wait(seconds_left(self)) end

--- Joins a task until the deadline. Returns task:join's values.
function Deadline:join(task)
  while true do
    if self.resumed then require("recorder.recorder").unrecorded(await_resumed, self) end
    local outcome, err = task:join(seconds_left(self))
    local is_late = not outcome and err.code == "ETIMEDOUT"
    if not is_late or engine.poll_once(self.at) then return outcome, err end
  end
end

return deadline
