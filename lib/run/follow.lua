--- follow: the supervisor follows a worker to its end. Each phase has a deadline, set when it begins.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local tasks = require "case.tasks"
local worker_phase = require "run.worker_phase"

local follow = {}

-- The worker's start, the scenario's file, the check of its needs.
local START_SECONDS = 30
-- A worker ends its case at the case's deadline; after this it is stuck.
local UNWIND_SECONDS = tasks.CANCEL_SECONDS + 2
-- The worker's own limit, and 5 for each of four programs that do not die.
local TEARDOWN_SECONDS = worker_phase.CLOSE_SECONDS + 20
-- The guard's, after a SIGKILL: 5 for a worker that does not die, 20 for a command that gives devices back, and
-- some for each program that does not die.
local UNDO_SECONDS = 35

-- Shows a worker's line: an event after the mark, output before it.
local function show_line(line, show)
  local output, rest = line:match("^([^" .. worker_phase.EVENT_MARK .. "]*)" .. worker_phase.EVENT_MARK .. "(.*)$")
  if output == nil then return show { ev = "output", text = line } end
  if output ~= "" then show { ev = "output", text = output } end
  local event = engine.json.decode(rest)
  if type(event) == "table" and type(event.ev) == "string" then show(event) end
end

-- The end of the worker's present phase, and that phase.
local function due(w)
  if w.killed then return w.killed + UNDO_SECONDS end
  local phase = worker_phase.read(w.dir)
  if phase.name == "teardown" then return phase.at + TEARDOWN_SECONDS, phase end
  local over = w.since + START_SECONDS
  if phase.name == "pause" then over = phase.at + phase.seconds + UNWIND_SECONDS end
  if phase.name == "run" then over = phase.at + w.limit(phase.at).seconds + UNWIND_SECONDS end
  return w.cut and math.min(over, w.cut + UNWIND_SECONDS) or over, phase
end

local DOING = { R = "it computes", S = "it sleeps", T = "it was stopped",
  D = "it is in the kernel and takes no signal" }

-- A stuck process's state in words, with its place in the kernel where /proc has it.
local function doing(pid)
  local state = (paths.read(("/proc/%d/stat"):format(pid)) or ""):match "%) (%a)"
  if not state then return "it is gone" end
  local at = (paths.read(("/proc/%d/wchan"):format(pid)) or ""):match "^[%a_][%w_]+$"
  return (DOING[state] or "state " .. state) .. (at and state ~= "R" and " in " .. at or "")
end

local STUCK = { start = "stuck before its run(t) began,", pause = "stuck in a pause",
  teardown = "stuck in its teardown" }

-- The reason of a worker that is stuck in a phase.
local function stuck_words(w, phase)
  local late = engine.now() - (phase.at or w.since)
  local how = phase.pid and (" (%s)"):format(doing(phase.pid)) or ""
  if STUCK[phase.name] then return ("%s for %.0f s%s"):format(STUCK[phase.name], late, how) end
  local limit = w.limit(phase.at)
  local over, words = phase.at + limit.seconds, limit.words
  if w.cut and w.cut < over then over, words = w.cut, "interrupted" end
  return ("%s, and stuck: %.0f s later it had not returned to the engine%s"):format(words, engine.now() - over, how)
end

-- Kills a worker that is stuck, so that its guard undoes what it did. True where the guard is stuck too.
local function is_given_up(w, phase)
  if w.killed then
    w.stuck = ("%s; its guard was also stuck for %d s (%s)"):format(w.stuck, UNDO_SECONDS, doing(w.console:pid()))
    pcall(w.console.signal, w.console, "KILL")
    pcall(w.console.await_exit, w.console, 5)
    return true
  end
  w.stuck = stuck_words(w, phase)
  engine.log("stuck", { dir = w.dir, text = w.stuck })
  w.killed = engine.now()
  pcall(w.console.signal, w.console, "USR1")
  return false
end

-- The first Ctrl-C asks the worker to end, also one that has to ignore SIGINT (a background job's). A second one closes
-- the supervisor's scope.
local function interrupt(w)
  engine.clear_cancel()
  if not w.cut then pcall(w.console.signal, w.console, "USR2") end
  w.cut = w.cut or engine.now()
end

--- Follows a worker's console to its end. `dir` is the case's folder, limit(at) the time of a run(t) that begins then:
--- { seconds, words }. Calls show(event). Returns { code, signal }; the reason of a stuck one, or nil; whether Ctrl-C
--- interrupted it.
function follow.worker(console, dir, limit, show)
  local w = { console = console, dir = dir, limit = limit, since = engine.now() }
  -- the first read of the phase; no deadline yet
  local look = w.since + math.min(START_SECONDS, limit(w.since).seconds + UNWIND_SECONDS)
  while true do
    if engine.is_cancelled() then
      interrupt(w)
      look = due(w)
    end
    local left, line, err = look - engine.now(), nil, { code = "ETIMEDOUT" }
    if left > 0 then line, err = fail.try(console.expect, console, "\n", { timeout = left, from = "last" }) end
    if line then
      show_line(line, show)
    elseif err.code == "EPIPE" then
      break
    elseif err.code == "EOVERFLOW" then
      show { ev = "output", text = err.what }
    elseif err.code == "ETIMEDOUT" then
      local phase
      look, phase = due(w)
      if look <= engine.now() and is_given_up(w, phase) then break end
    end
  end
  worker_phase.remove(dir)
  return console:exit() or { lost = true }, w.stuck, w.cut ~= nil
end

return follow
