--- replay_engine: plays a recording (lib/recorder/recording.lua) to a case: calls no binding, returns the recorded
--- results, and gives the tasks their recorded turns.

local engine = require "engine"
local fail = require "base.fail"
local lua_files = require "recorder.lua_files"
local recorder = require "recorder.recorder"
local recording = require "recorder.recording"
local sandbox = require "replay.sandbox"

local replay_engine = {}

-- The real engine's, also during a replay.
local poll_once, home, is_cancelled, now = engine.poll_once, engine.home, engine.is_cancelled, engine.now
local method, loadfile, write = engine.method, loadfile, io.write

local Play = {}
Play.__index = Play

-- An edited scenario may compute for ever; one whose worker was killed did.
local COMPUTE_SECONDS, KILLED_SECONDS = 10, 1

-- The results of calls that were not recorded, where they are not the scenario's own or come after a failed check.
local function always(value) return function() return value end end
local ABSENT = {
  ["console.tail"] = always "", ["console.since"] = always "", ["console.mark"] = always(0),
  ["console.pid"] = always(0), ["console.exit"] = always(nil), ["console.last_output"] = always(nil),
  ["console.await_exit"] = function()
    return nil, engine.error { code = "ETIMEDOUT", op = "replay", what = "the recording has no exit" }
  end,
  ["node.run"] = function() return { code = 0, out = "", err = "" } end, ["node.is_here"] = always(true),
  ["engine.open_resources"] = function() return {} end,
  ["scope.resources"] = function() return {} end, ["engine.first_error"] = always(nil),
  ["os.getenv"] = always(nil), ["fs.access"] = always(false),
}

local function absent(op)
  if ABSENT[op] then return ABSENT[op]() end
  local is = recording.calls[op].is
  if is ~= "read" and is ~= "take" then return true end
  return nil, engine.error { code = "ENOENT", op = op, what = "the recording does not have this call" }
end

-- The next line of an array of lines, or nil; step() moves on to the one after it.
local function next_of(lines) return lines and lines[lines.from] end

local function step(lines) lines.from = lines.from + 1 end

-- ---- leaving the recording ----

local OVER = "the replay is over"

-- Ends a task that cannot yield, because it computes or runs a coroutine of its own. No pcall stops this.
local function abandon(self)
  debug.sethook(function()
    if coroutine.running() ~= self.home_co then error(OVER, 0) end
  end, "", 1)
  error(OVER, 0)
end

-- Ends the replay; the task stays where it is.
local function leave(self, departure, is_hook)
  self.departure = self.departure or departure
  if coroutine.running() == self.task.co and not is_hook then coroutine.yield() end
  abandon(self)
end

local function at_departure(self, line, call, difference)
  local departure = { how = "departs", line = line, call = call, difference = difference or nil,
    where = require("base.where").scenario(self.home) }
  if line or self.recording.is_whole then return leave(self, departure) end
  -- a cut recording ends in all tasks; a join of another task explains less
  departure.how = "ends"
  if not self.broken or call.op ~= "task.join" then self.broken = departure end
  if coroutine.running() == self.task.co then coroutine.yield() end
  leave(self, departure)
end

-- A read that the recording does not have. A value made up here could change a verdict, so the scenario gets none.
local function missing(self, op, of, args, line)
  if self.departure then leave(self) end
  -- lib's own reads of files were of an older lib, and decide nothing
  local is_ours = (op:find "^io%." or op:find "^file%.") and require("base.where").is_own_call()
  local may_lack = not self.is_early and not is_ours and recording.calls[op].is ~= "effect"
  local place = may_lack and require("base.where").scenario(self.home)
  if not place then return absent(op) end
  local call = { op = op, of = of, args = args }
  if not self.recording.is_whole then return at_departure(self, line, call) end
  return leave(self, { how = "lacks", call = call, line = line, where = place })
end

-- ---- waits and acts ----

local function pass(self, at, t)
  if self.is_early then return end
  self.at, self.clock = math.max(self.at, at), math.max(self.clock, t or 0)
end

-- The next line of the running task, if it is this call; otherwise nil, that line and the difference.
local function take(self, call)
  local lines = self.recording.strict[self.task.id]
  local line = next_of(lines)
  if not line then return nil end
  if line.op ~= call.op or line.of ~= call.of then return nil, line end
  local difference = recording.departs(line, call.args)
  if difference then return nil, line, difference end
  step(lines)
  return line
end

local function results(self, line)
  local function lacks(bytes)
    -- what our own reads of a file leave out decides nothing
    if line.op == "file.read" and require("base.where").is_own_call() then return end
    leave(self, { how = "lacks", call = line, bytes = bytes, where = require("base.where").scenario(self.home) })
  end
  return recording.results(line, function(label) return self:handle(label) end, lacks)
end

-- A wait returns at its turn (Play:run).
local function await(self, line)
  self.task.awaits = line
  coroutine.yield()
  local target = line.op == "task.join" and self.tasks[line.of]
  -- the task may have ended after the recorded wait
  local has_outcome = target and target.outcome and (line.got[1] == true or self.is_early)
  if has_outcome then return target.outcome end
  return results(self, line)
end

local function strict(self, op, of, ...)
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

-- ---- reads ----

-- Reads before this number belong to the present place: the task's next call, or another task's turn.
local function bound(self)
  local line, turn = next_of(self.recording.strict[self.task.id]), self.recording.turns[self.turn]
  return math.min(line and line.at or math.huge, turn and turn.at or math.huge)
end

-- The read that was made here; otherwise the one before it, or the first.
local function find(self, lines)
  while next_of(lines) and next_of(lines).at < self.at do
    lines.last = next_of(lines)
    step(lines)
  end
  local line = next_of(lines)
  if line and line.at < bound(self) and not self.is_early then
    lines.last = line
    step(lines)
    return line
  end
  return lines.last or (not self.is_early and line or nil)
end

local function read(self, op, of, ...)
  local lines = self.recording.reads[recording.key(op, of, { ... }, select("#", ...))]
  local line = lines and find(self, lines)
  if not line and op == "engine.now" then return self.clock end
  if not line and (op == "console.name" or op == "node.name") then return of end
  if not line then return missing(self, op, of, { n = select("#", ...), ... }) end
  if line.raised then error(line.raised[1], 2) end
  return results(self, line)
end

-- The line of an array that was written here, or nil.
local function line_here(self, lines)
  while next_of(lines) and next_of(lines).at < self.at do step(lines) end
  local line = next_of(lines)
  return line and line.at < bound(self) and not self.is_early and line or nil
end

-- A call that reads on. Calls on one file come in their order, wherever they are; others at their place.
local function take_read(self, op, of, ...)
  local args = { n = select("#", ...), ... }
  local lines = self.recording.streams[of or op]
  local line
  if of or lines then
    line = next_of(lines)
    local is_it = line and not self.is_early and line.op == op and not recording.departs(line, args)
    if not is_it then return missing(self, op, of, args, line) end
  else
    lines = self.recording.reads[recording.key(op, of, args, args.n)]
    line = line_here(self, lines)
    if not line then return missing(self, op, of, args) end
  end
  step(lines)
  if line.raised then error(line.raised[1], 2) end
  return results(self, line)
end

-- A call that writes. Only its failures are recorded.
local function put(self, op, of)
  local key = op .. (of or "")
  self.puts[key] = (self.puts[key] or 0) + 1
  local line = self.recording.puts[recording.put_key(op, of, self.puts[key])]
  if not line or self.is_early then return true end
  if line.raised then error(line.raised[1], 2) end
  return results(self, line)
end

-- A read that is recorded only where it returned something.
local function read_rare(self, op, of, deadline)
  if op == "engine.poll_once" then
    if poll_once() then leave(self, { how = "interrupted" }, true) end
    if now() > self.bound then
      local how = self.recording.is_whole and "computes" or "ends"
      leave(self, { how = how, where = require("base.where").scenario(self.home) }, true)
    end
  end
  local lines = self.recording.rare[op]
  local line = next_of(lines)
  if not line or line.of ~= of or line.task ~= self.task.id then return nil end
  if line.at < self.at or line.at > bound(self) then return nil end
  -- without a deadline it returns interruptions only
  if line.got[1] == "late" and not deadline then return nil end
  step(lines)
  return results(self, line)
end

local function idle() return true end

-- ---- functions and handles ----

-- By a binding's kind (engine/bind/bind_rows.h): reply(self, op, label of the handle or nil, ...).
local REPLIES = { wait = strict, act = strict, read = read, take = take_read, effect = read, rare = read_rare,
  put = put, idle = idle, person = idle }

local function new_task(self, label, fn, ...)
  local args, n = { ... }, select("#", ...)
  local co = coroutine.create(function() return fn(unpack(args, 1, n)) end)
  self.tasks[label] = { id = tonumber(label:match "%d+"), co = co }
  return self.tasks[label]
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

--- The present path of a file below the recorded moonrig home; other paths as they are.
function Play:here(path)
  local is_below = self.home and path and path:sub(1, #self.home + 1) == self.home .. "/"
  return is_below and home() .. path:sub(#self.home + 1) or path
end

-- Bindings with a reply of their own.
local OWN = {}

OWN["engine.task"] = function(self, op, _, fn, ...)
  local handle = strict(self, op)
  new_task(self, recording.label(handle), fn, ...)
  return handle
end

OWN["task.is_done"] = function(self, _, label) return self.tasks[label].outcome ~= nil end

-- A file that only an edited scenario writes.
OWN["io.open"] = function(self, op, _, path, mode)
  local lines = self.recording.reads[recording.key(op, nil, { path, mode }, 2)]
  if not line_here(self, lines) and (mode or "r"):find "[wa]" then return proxy(self, "file", "file 0") end
  return take_read(self, op, nil, path, mode)
end

OWN["io.lines"] = function(_, _, _, ...) return lua_files.io_lines(...) end

OWN["file.lines"] = function(self, _, label, ...) return lua_files.lines_of(self:handle(label), ...) end

-- What is printed is printed again.
OWN["io.write"] = function(self, op, _, ...)
  if not self.has_output then write(...) end
  return put(self, op)
end

OWN["io.output"] = function(self, op, _, ...)
  self.has_output = self.has_output or (...) ~= nil
  return take_read(self, op, nil, ...)
end

-- The scenario's own modules are the present or the recorded ones (replay.case), others the recorded, ours the present.
OWN["global.loadfile"] = function(self, op, _, path, ...)
  if require("base.where").is_own_call() then return loadfile(self:here(path), ...) end
  local text, why = self.texts[path], nil
  if not text then text, why = read(self, op, nil, path) end
  if not text then return nil, why end
  return lua_files.compile(path, text, ...)
end

OWN["global.dofile"] = function(_, _, _, path) return lua_files.dofile(path) end

-- The replacement of a binding in this replay (engine.intercept). The case runs in coroutines; the replay's own code
-- may call the engine.
local function wrap(self, op, is, fn, is_method)
  local reply = OWN[op] or REPLIES[is]
  if not is_method then
    return function(...)
      local co = coroutine.running()
      if co == nil or co == self.home_co then return fn(...) end
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

-- A task that ends before its recording has departed, unless a check or an error ended it.
local function check_end(self, task)
  local line = next_of(self.recording.strict[task.id])
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
  check_end(self, task)
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

--- Runs main() over the recording, to the end or to a departure. `texts`: files that are loaded in place of the
--- recorded ones, { [path] = text }. Returns main's result, or nil and the departure: { how = "departs", "stops"
--- (before the recording's end), "ends" (the recording does), "lacks" (it has not this read, or not the `bytes` of its
--- result) or "computes", line (recorded), call = { op, of, args }, difference, where }.
function Play:run(texts, main)
  self.texts = texts
  self.home_co = coroutine.running()
  local task = new_task(self, "task 0", main)
  engine.intercept(function(...) return wrap(self, ...) end, true)
  local ok, err = pcall(sandbox.modules, self.recording.header.lua_path, take_turns, self, task)
  debug.sethook()
  engine.intercept()
  if not ok then error(err, 0) end
  if is_cancelled() then fail.cancel "replay" end
  if self.departure then return nil, self.departure end
  if not task.outcome then return nil, self.broken or { how = "ends" } end
  if not task.outcome[1] then error(task.outcome[2], 0) end
  return task.outcome[2]
end

--- A replay engine of recording.read's recording.
function replay_engine.new(rec)
  local recorded_home = rec.reads[recording.key("engine.home", nil, {})]
  return setmetatable({ recording = rec, home = recorded_home and recording.results(recorded_home[1]),
    handles = { [recorder.STDIN] = io.stdin }, classes = {}, puts = {},
    tasks = {}, at = 0, clock = 0, turn = 1, is_early = false,
    bound = now() + (rec.is_whole and COMPUTE_SECONDS or KILLED_SECONDS) }, Play)
end

return replay_engine
