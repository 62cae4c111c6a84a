--- deadline: how long a case may run. A pause is no part of it.

local engine = require "engine"
local options = require "base.options"
local recorder = require "recorder.recorder"
local steps = require "base.steps"
local where = require "base.where"
local worker_phase = require "run.worker_phase"

local deadline = {}

-- `at` is when it comes (engine.now()'s clock); `left`: what a pause found of it; `paused`: seconds in pauses;
-- `resumed`: an event, set where a pause ends; `computes`: words about a scenario that was ended while it computed
local Deadline = {}
local class = options.class("deadline", Deadline, nil,
  { "spec", "seconds", "words", "at", "left", "paused", "resumed", "computes" })

-- A wait has to have an end.
local LONGEST = 1e6

local function run_is_over(seconds) return ("the run's deadline of %g s came"):format(seconds) end

--- What a run(t) that begins at `at` has, the case's own time or the rest of the run's: { seconds, words for when
--- it is over }.
function deadline.of(header, spec, at)
  local own = spec.timeout or header.timeout
  local left = spec.deadline and spec.deadline - at or own
  if left >= own then return { seconds = own, words = ("not done within its %g s"):format(own) } end
  return { seconds = math.max(0, left), words = run_is_over(spec.run_seconds) }
end

--- The deadline of a case that begins now; `spec` is its worker's.
function deadline.start(header, spec)
  local now = engine.now()
  local has = deadline.of(header, spec, now)
  return setmetatable({ spec = spec, seconds = has.seconds, words = has.words, at = now + has.seconds, paused = 0 },
    class)
end

-- From now on the case has so long; the run's deadline is where it was.
local function set(self, seconds)
  self.at = engine.now() + seconds
  if not self.spec.deadline or self.at < self.spec.deadline then return end
  self.at, self.words = self.spec.deadline, run_is_over(self.spec.run_seconds)
end

--- Moves with the pauses of an attach server; the supervisor is told of each.
function Deadline:follow(server)
  server.stopped = function(seconds)
    self.left, self.resumed = self.at - engine.now(), engine.event()
    set(self, math.huge)
    worker_phase.tell(self.spec.dir, "pause", nil, seconds)
  end
  server.went_on = function(seconds)
    self.paused = self.paused + seconds
    set(self, self.left)
    worker_phase.tell(self.spec.dir, "run", self.at - self.seconds)
    self.resumed:set()
    self.resumed = nil
  end
  server.renewed = function() set(self, self.seconds) end
end

--- Ends a scenario that computes and never waits at its deadline, and lets it get Ctrl-C.
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

-- Until the pause is over, or the run.
local function await_resumed(self) self.resumed:wait(seconds_left(self)) end

--- Waits for a task's end until the deadline, which a pause moves: task:join's answer.
function Deadline:join(task)
  while true do
    if self.resumed then recorder.unrecorded(await_resumed, self) end
    local outcome, err = task:join(seconds_left(self))
    local is_late = not outcome and err.code == "ETIMEDOUT"
    if not is_late or engine.poll_once(self.at) then return outcome, err end
  end
end

return deadline
