--- follow: a worker, followed by the supervisor to its end, however it comes. Each of its stages has a
--- deadline, set when it begins and extended by nothing.

local engine = require "engine"
local paths = require "base.paths"
local worker_phase = require "run.worker_phase"
local teardown = require "run.teardown"
local worker = require "run.worker"

local follow = {}

-- The worker's start, the scenario's file, a look for what it needs.
local START_SECONDS = 30
-- The worker ends its case at the case's deadline; one that has not come back by then is stuck.
local UNWIND_SECONDS = worker.CANCEL_SECONDS + 2
-- What the worker gives its teardown, and 5 for each of four programs that do not die.
local TEARDOWN_SECONDS = teardown.SECONDS + 20
-- The guard's after a SIGKILL: 5 for a worker that does not die, 20 for a command that gives devices back, and
-- some for each program that does not die.
local UNDO_SECONDS = 35

-- Shows a worker's line: events behind their mark, wherever it stands; the rest is output.
local function show_line(line, show)
  local output, rest = line:match("^([^" .. worker.MARK .. "]*)" .. worker.MARK .. "(.*)$")
  if output == nil then return show { ev = "output", text = line } end
  if output ~= "" then show { ev = "output", text = output } end
  local event = engine.json.decode(rest)
  if type(event) == "table" and type(event.ev) == "string" then show(event) end
end

-- When the stage that the worker is in is to be over, and that stage.
local function due(w)
  if w.killed then return w.killed + UNDO_SECONDS end
  local told = worker_phase.read(w.dir)
  if told.name == "teardown" then return told.at + TEARDOWN_SECONDS, told end
  if told.name == "pause" then
    local over = told.at + told.seconds + UNWIND_SECONDS
    return w.cut and math.min(over, w.cut + UNWIND_SECONDS) or over, told
  end
  local over = w.since + START_SECONDS
  if told.name == "run" then over = told.at + w.limit(told.at).seconds + UNWIND_SECONDS end
  return w.cut and math.min(over, w.cut + UNWIND_SECONDS) or over, told
end

local DOING = { R = "it computes", S = "it sleeps", D = "it is in the kernel and hears no signal",
  T = "it was stopped" }

-- What a process does that does not come back: its state, and where in the kernel that can be read.
local function doing(pid)
  local state = (paths.read(("/proc/%d/stat"):format(pid)) or ""):match "%) (%a)"
  if not state then return "it is gone" end
  local at = (paths.read(("/proc/%d/wchan"):format(pid)) or ""):match "^[%a_][%w_]+$"
  return (DOING[state] or "state " .. state) .. (at and state ~= "R" and " in " .. at or "")
end

-- In words: a worker that did not come back in time.
local function stuck_words(w, told)
  local late = engine.now() - (told.at or w.since)
  local how = told.pid and (" (%s)"):format(doing(told.pid)) or ""
  if told.name == "teardown" then return ("stuck in its teardown for %.0f s%s"):format(late, how) end
  if told.name == "pause" then return ("stuck in a pause for %.0f s%s"):format(late, how) end
  if told.name == "start" then return ("stuck before its run(t) began, for %.0f s%s"):format(late, how) end
  local limit = w.limit(told.at)
  local over, words = told.at + limit.seconds, limit.words
  if w.cut and w.cut < over then over, words = w.cut, "interrupted" end
  return ("%s, and stuck: %.0f s later it had not come back to the engine%s"):format(words, engine.now() - over, how)
end

-- The stage's time is over: its worker is killed, and its guard undoes; or that is stuck, too. True when
-- there is nothing more to wait for.
local function is_given_up(w, told)
  if w.killed then
    w.stuck = ("%s; its guard was stuck for %d s, too (%s)"):format(w.stuck, UNDO_SECONDS, doing(w.console:pid()))
    pcall(w.console.signal, w.console, "KILL")
    w.console:await_exit(5)
    return true
  end
  w.stuck = stuck_words(w, told)
  engine.log("stuck", { dir = w.dir, text = w.stuck })
  w.killed = engine.now()
  pcall(w.console.signal, w.console, "USR1")
  return false
end

-- Ctrl-C: the worker is asked to end, once. A second one closes the supervisor's scope.
local function interrupt(w)
  engine.clear_cancel()
  if not w.cut then pcall(w.console.signal, w.console, "INT") end
  w.cut = w.cut or engine.now()
end

--- Follows a worker's console to its end. `dir` is the case's folder, limit(at) what a run(t) that begins
--- then has: { seconds, words }. Shows its events with show(event). Returns how it ended, { code, signal };
--- the words for a stuck one, or nil; and whether Ctrl-C cut it.
function follow.worker(console, dir, limit, show)
  local w = { console = console, dir = dir, limit = limit, since = engine.now() }
  -- a first look at what was told, and no bound
  local look = w.since + math.min(START_SECONDS, limit(w.since).seconds + UNWIND_SECONDS)
  while true do
    if engine.is_cancelled() then
      interrupt(w)
      look = due(w)
    end
    local left, line, err = look - engine.now(), nil, { code = "ETIMEDOUT" }
    if left > 0 then line, err = console:expect("\n", left) end
    if line then
      show_line(line, show)
    elseif err.code == "EPIPE" then
      break
    elseif err.code == "ETIMEDOUT" then
      local told
      look, told = due(w)
      if look <= engine.now() and is_given_up(w, told) then break end
    end
  end
  worker_phase.forget(dir)
  return console:exit() or { lost = true }, w.stuck, w.cut ~= nil
end

return follow
