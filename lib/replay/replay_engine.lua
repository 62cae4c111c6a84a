--- replay_engine: plays a recording (lib/recorder/recording.lua) to the code that a case is made of: no binding is
--- called, and each call gets what it got. Tasks take their turns as they did.

local engine = require "engine"
local fail = require "base.fail"
local recorder = require "recorder.recorder"
local recording = require "recorder.recording"
local sandbox = require "replay.sandbox"

local replay_engine = {}

-- Of the real engine, also while a gate is set.
local poll_once, home, is_cancelled, now = engine.poll_once, engine.home, engine.is_cancelled, engine.now
local method = engine.method

local Play = {}
Play.__index = Play

-- A scenario that was changed may compute for ever; one whose worker had to be killed did.
local COMPUTE_SECONDS, KILLED_SECONDS = 10, 1

-- What is returned for what was not recorded: for a look, or where a check failed that had not, for all else.
local ABSENT = {
  ["console.tail"] = function() return "" end,
  ["console.since"] = function() return "" end,
  ["console.position"] = function() return 0 end,
  ["console.pid"] = function() return 0 end,
  ["console.exit"] = function() return nil end,
  ["console.heard"] = function() return nil end,
  ["console.await_exit"] = function()
    return nil, engine.error { code = "ETIMEDOUT", op = "replay", what = "no end was recorded" }
  end,
  ["node.run"] = function() return { code = 0, out = "", err = "" } end,
  ["node.is_here"] = function() return true end,
  ["engine.open_resources"] = function() return {} end,
  ["engine.first_error"] = function() return nil end,
  ["os.getenv"] = function() return nil end,
  ["fs.access"] = function() return false end,
}

local function absent(op)
  if ABSENT[op] then return ABSENT[op]() end
  local is = recording.calls[op].is
  if is ~= "read" then return true end
  return nil, engine.error { code = "ENOENT", op = op, what = "the recording has nothing of it" }
end

-- ---- leaving the recording ----

local OVER = "the replay is over"

-- Where a task cannot be left (it computes, or runs a coroutine of its own), it is ended, whatever it catches.
local function abandon(self)
  debug.sethook(function()
    if coroutine.running() ~= self.home_co then error(OVER, 0) end
  end, "", 1)
  error(OVER, 0)
end

-- Goes no further: the task is left as it is.
local function leave(self, departure, is_hook)
  self.departure = self.departure or departure
  if coroutine.running() == self.task.co and not is_hook then coroutine.yield() end
  abandon(self)
end

local function at_departure(self, line, call, difference)
  local departure = { how = "departs", line = line, call = call, difference = difference or nil,
    where = require("base.where").scenario(self.home) }
  if line or self.recording.is_whole then return leave(self, departure) end
  -- a recording that breaks off does so in all tasks; one that only waits for another says less
  departure.how = "ends"
  if not self.broken or call.op ~= "task.join" then self.broken = departure end
  if coroutine.running() == self.task.co then coroutine.yield() end
  leave(self, departure)
end

-- ---- what is asked for ----

local function pass(self, at, t)
  -- what comes after an end that was not recorded has no place there
  if self.is_early then return end
  self.at, self.clock = math.max(self.at, at), math.max(self.clock, t or 0)
end

-- The next line of the running task, where the call is the same; nil and the difference.
local function take(self, call)
  local lines = self.recording.asked[self.task.id]
  local line = lines and lines[lines.from]
  if not line then return nil end
  if line.op ~= call.op or line.of ~= call.of then return nil, line end
  local difference = recording.departs(line, call.args)
  if difference then return nil, line, difference end
  lines.from = lines.from + 1
  return line
end

local function results(self, line)
  return recording.results(line, function(label) return self:handle(label) end)
end

-- A wait is over when its turn comes (Play:run).
local function await(self, line)
  self.task.awaits = line
  coroutine.yield()
  local target = line.op == "task.join" and self.tasks[line.of]
  -- a task that has ended may have been too late for the one that waited
  local has_outcome = target and target.outcome and (line.got[1] == true or self.is_early)
  if has_outcome then return target.outcome end
  return results(self, line)
end

local function ask(self, op, of, ...)
  if self.departure then leave(self) end
  local call = { op = op, of = of, args = { n = select("#", ...), ... } }
  local line, other, difference = take(self, call)
  if not line and self.is_early then return absent(op) end
  if not line then return at_departure(self, other, call, difference) end
  if line.raised then error(line.raised[1], 2) end
  if recording.calls[op].is == "wait" then return await(self, line) end
  pass(self, line.back, line.t)
  return results(self, line)
end

-- ---- what is looked at ----

-- Until when what was looked at belongs to this place: the task's next call, or another's turn.
local function bound(self)
  local lines, turn = self.recording.asked[self.task.id], self.recording.turns[self.turn]
  local line = lines and lines[lines.from]
  return math.min(line and line.at or math.huge, turn and turn.at or math.huge)
end

-- The look that was made here; else the last one before, else the first.
local function find(self, lines)
  while lines[lines.from] and lines[lines.from].at < self.at do
    lines.last, lines.from = lines[lines.from], lines.from + 1
  end
  local line = lines[lines.from]
  if line and line.at < bound(self) and not self.is_early then
    lines.last, lines.from = line, lines.from + 1
    return line
  end
  return lines.last or (not self.is_early and line or nil)
end

local function look(self, op, of, ...)
  local lines = self.recording.looks[recording.key(op, of, { ... }, select("#", ...))]
  local line = lines and find(self, lines)
  if not line and op == "engine.now" then return self.clock end
  if not line and op == "console.name" then return of end
  if not line then return absent(op) end
  if line.raised then error(line.raised[1], 2) end
  return results(self, line)
end

-- What was recorded only where it returned something.
local function look_rarely(self, op, _, deadline)
  if op == "engine.poll_once" then
    if poll_once() then leave(self, { how = "interrupted" }, true) end
    if now() > self.bound then
      local how = self.recording.is_whole and "computes" or "ends"
      leave(self, { how = how, where = require("base.where").scenario(self.home) }, true)
    end
  end
  local lines = self.recording.rare[op]
  local line = lines and lines[lines.from]
  if not line or line.task ~= self.task.id or line.at < self.at or line.at > bound(self) then return nil end
  -- without a deadline only interruptions are returned
  if line.got[1] == "late" and not deadline then return nil end
  lines.from = lines.from + 1
  return results(self, line)
end

local function idle() return true end

-- ---- functions and handles ----

-- By what a binding is (engine/bind/bind_rows.h): reply(self, op, label of the handle or nil, ...).
local REPLIES = { wait = ask, act = ask, read = look, effect = look, rare = look_rarely, idle = idle, person = idle }

local function new_task(self, label, fn, ...)
  local args, n = { ... }, select("#", ...)
  local task = { id = tonumber(label:match "%d+"), label = label, co = coroutine.create(function()
    return fn(unpack(args, 1, n))
  end) }
  self.tasks[label] = task
  return task
end

local function proxy(self, kind, label)
  self.classes[kind] = self.classes[kind]
    or recording.kind { __tostring = recording.label, __index = function(_, name) return method(kind, name) end }
  return recording.proxy(self.classes[kind], label)
end

--- The handle that had this label: "console 5".
function Play:handle(label)
  self.handles[label] = self.handles[label] or proxy(self, label:match "^(.*) %d+$", label)
  return self.handles[label]
end

-- Files of our own home, where the recording had it elsewhere.
local function here(self, path)
  if self.home and path and path:sub(1, #self.home + 1) == self.home .. "/" then
    return home() .. path:sub(#self.home + 1)
  end
  return path
end

-- Replies of a binding's own: { [op] = function(self, fn) → reply }, where fn is the binding itself.
local OWN = {}

OWN["engine.task"] = function()
  return function(self, op, _, fn, ...)
    local handle = ask(self, op)
    new_task(self, recording.label(handle), fn, ...)
    return handle
  end
end

OWN["task.join"] = function()
  return function(self, op, label) return ask(self, op, label) end
end

OWN["task.is_done"] = function()
  return function(self, _, label) return self.tasks[label].outcome ~= nil end
end

OWN["io.open"] = function()
  return function(self, op, _, path, mode)
    if recorder.is_reading(mode) then return look(self, op, nil, path, mode) end
    return proxy(self, "file", "file 0")
  end
end

OWN["io.lines"] = function()
  return function(_, _, _, path) return assert(io.open(path)):lines() end
end

OWN["file.lines"] = function()
  return function(self, _, label)
    local handle = self:handle(label)
    return function() return handle:read "*l" end
  end
end

OWN["file.write"] = function()
  return function(self, _, label) return self:handle(label) end
end

local function of_our_home(fn)
  return function(self, _, _, path) return fn(here(self, path)) end
end
OWN["global.loadfile"], OWN["global.dofile"] = of_our_home, of_our_home

-- The scenario, and what runs for it, is in coroutines of its own; the replay itself may call the engine.
local function is_outside(self)
  local co = coroutine.running()
  return co == nil or co == self.home_co
end

-- What a binding is in this replay (engine.intercept).
local function gated(self, op, is, fn, is_method)
  local reply = OWN[op] and OWN[op](fn) or REPLIES[is]
  if not is_method then
    return function(...)
      if is_outside(self) then return fn(...) end
      return reply(self, op, nil, ...)
    end
  end
  return function(handle, ...)
    local label = recording.label(handle)
    if not label then return fn(handle, ...) end
    return reply(self, op, label, ...)
  end
end

-- ---- the turns ----

-- It ended where the recording goes on: what it did not do any more is a departure, unless a check or an error ended
-- it.
local function look_at_end(self, task)
  local lines = self.recording.asked[task.id]
  local line = lines and lines[lines.from]
  if not line then return end
  if task.outcome[1] then
    self.departure = self.departure or { how = "stops", line = line }
  else
    self.is_early = true
  end
end

local function resume(self, task)
  local outer = self.task
  self.task, task.is_begun, task.awaits = task, true, nil
  local ok, value = coroutine.resume(task.co)
  if self.departure then debug.sethook() end
  self.task = outer
  if coroutine.status(task.co) ~= "dead" then return end
  task.outcome = { ok, value, not ok and debug.traceback(task.co) or nil }
  look_at_end(self, task)
end

local function take_turn(self, turn)
  local task = self.tasks["task " .. turn.task]
  if not task or task.outcome then return end
  local is_its = turn.is_begin and not task.is_begun or turn.line and task.awaits == turn.line
  if not is_its then return end
  pass(self, turn.at, turn.line and turn.line.t)
  resume(self, task)
end

local function take_turns(self, main)
  resume(self, main)
  while not self.departure and not main.outcome do
    local turn = self.recording.turns[self.turn]
    if not turn then break end
    self.turn = self.turn + 1
    take_turn(self, turn)
  end
end

--- Runs main() over the recording to its end, or to where it departs. Returns what it returned, or nil, and the
--- departure: { how = "departs", "stops" (it does no more what was done), "ends" (the recording does) or "computes",
--- line (recorded), call = { op, of, args }, difference, where }.
function Play:run(main)
  self.home_co = coroutine.running()
  local task = new_task(self, "task 0", main)
  engine.intercept(function(...) return gated(self, ...) end, true)
  local ok, err = pcall(sandbox.modules, take_turns, self, task)
  debug.sethook()
  engine.intercept()
  if not ok then error(err, 0) end
  if is_cancelled() then fail.cancel "replay" end
  if self.departure then return nil, self.departure end
  if not task.outcome then return nil, self.broken or { how = "ends" } end
  if not task.outcome[1] then error(task.outcome[2], 0) end
  return task.outcome[2]
end

--- What plays a recording (recording.read's).
function replay_engine.new(rec)
  local recorded_home = rec.looks[recording.key("engine.home", nil, {})]
  return setmetatable({ recording = rec, home = recorded_home and recorded_home[1].got[1], handles = {}, classes = {},
    tasks = {}, at = 0, clock = 0, turn = 1, is_early = false,
    bound = now() + (rec.is_whole and COMPUTE_SECONDS or KILLED_SECONDS) }, Play)
end

return replay_engine
