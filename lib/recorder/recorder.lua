--- recorder: writes what a case learns of the world, each call with its result, a line each in its folder's
--- recording.jsonl: what `moonrig replay` plays again.
---
--- A line is { at = its number; back = its number when it came back, of what waits; task, op, of = whose method,
--- t = the time, args, got = its results, or raised }. A binding's row (engine/bind/bind_rows.h) says whether it is
--- recorded. Lua's own io and os are such rows, too (engine/bind/bind_lua.c).

local engine = require "engine"

local recorder = {}

--- Its name in the case's folder.
recorder.NAME = "recording.jsonl"

--- In a replay: what was not recorded is not called (recorder.unrecorded).
recorder.is_replay = false

-- A task that looks that often without doing anything looks in a circle: then the last look is kept.
local LOOKS = 1000

-- One of a process. `ids`: of the tasks, by their coroutines; UNRECORDED for one that is not the case's.
local file, number, task, tasks, looks, held, labels, counts
local ids = setmetatable({}, { __mode = "k" })
-- Of each task the wait that is not over.
local waits = {}
local UNRECORDED = -1

local function numbered()
  number = number + 1
  return number
end

-- "console 5" for a handle; nil for what is none.
local function label(handle)
  if labels[handle] then return labels[handle] end
  local kind = (getmetatable(handle) or {}).__kind
  if not kind then return nil end
  counts[kind] = (counts[kind] or 0) + 1
  labels[handle] = ("%s %d"):format(kind, counts[kind])
  return labels[handle]
end

local function write_held()
  if not held then return end
  local line = held
  held = nil
  file:write(line.head, line.args, line.key, unpack(line, 1, line.n))
end

local function head(call)
  local of = call.of and (',"of":"%s"'):format(call.of) or ""
  local back = call.back and (',"back":%d,"t":%.6f'):format(call.back, call.t) or ""
  return ('{"at":%d,"task":%d,"op":"%s"%s%s'):format(call.at, call.task, call.op, of, back)
end

local function write(call, key, ...)
  if call.is_look and looks > LOOKS then
    if held and held.op ~= call.op then write_held() end
    held = { op = call.op, head = head(call), args = call.args, key = key, n = select("#", ...), ... }
    return
  end
  write_held()
  file:write(head(call), call.args, key, ...)
end

-- An error of C has no name for what pcall called, and counts a method's self as an argument.
local function named(words, call)
  if type(words) ~= "string" then return words end
  return (words:gsub("bad argument #(%d+) to '%?'", function(n)
    if call.of then n = n - 1 end
    local name = call.op:match "[^.]+$"
    if n == 0 then return ("calling '%s' on bad self"):format(name) end
    return ("bad argument #%d to '%s'"):format(n, name)
  end))
end

-- Writes how a look came back, and returns it, or raises.
local function settle_look(call, ok, ...)
  if not ok then
    local words = named((...), call)
    write(call, "raised", words)
    error(words, 2)
  end
  if type((...)) == "userdata" then label((...)) end
  if call.op == "task.join" and (...) then
    -- what a task gave is no input: it comes out of it again
    write(call, "got", true)
  elseif call.is ~= "rare" or (...) then
    write(call, "got", ...)
  end
  return ...
end

-- As settle_look, of what waits or acts.
local function settle_act(call, ok, ...)
  call.back, call.t = numbered(), recorder.clock()
  looks, waits[call.task] = 0, nil
  return settle_look(call, ok, ...)
end

local function running()
  return coroutine.running() or "main"
end

local function is_off()
  return file == nil or ids[running()] == UNRECORDED
end

local function begin(op, is, of, ...)
  -- a coroutine of the scenario's own is its task's, which ran last
  task = ids[running()] or task
  local call = { at = numbered(), task = task, op = op, is = is, of = of, args = { n = select("#", ...), ... } }
  call.is_look = is ~= "wait" and is ~= "act"
  if call.is_look then looks = looks + 1 end
  if is == "wait" then
    waits[task] = call
    write_held()
    -- should it never come back, the recording has what was before
    file:flush()
  end
  return call
end

local function recorded_function(op, is, fn)
  local settle = (is == "wait" or is == "act") and settle_act or settle_look
  return function(...)
    if is_off() then return fn(...) end
    return settle(begin(op, is, nil, ...), pcall(fn, ...))
  end
end

local function recorded_method(op, is, fn)
  local settle = (is == "wait" or is == "act") and settle_act or settle_look
  return function(self, ...)
    local of = labels[self]
    if not of or is_off() then return fn(self, ...) end
    return settle(begin(op, is, of, ...), pcall(fn, self, ...))
  end
end

-- What is recorded in another way than its row's. { [op] = function(fn) }: in place of fn.
local own = {}

-- A task begins when its turn comes. One that is started unrecorded is so, too.
own["engine.task"] = function(start)
  return function(fn, ...)
    if file == nil or type(fn) ~= "function" then return start(fn, ...) end
    local is_unrecorded = ids[running()] == UNRECORDED
    if not is_unrecorded then tasks = tasks + 1 end
    local id = is_unrecorded and UNRECORDED or tasks
    local handle = start(function(...)
      ids[running()] = id
      if not is_off() then
        task, looks = id, 0
        write({ at = numbered(), task = id, op = "begin" }, "got")
        -- it may not come back to the engine at all
        file:flush(true)
      end
      return fn(...)
    end, ...)
    if is_unrecorded then return handle end
    labels[handle] = "task " .. id
    return settle_act(begin("engine.task", "act", nil), true, handle)
  end
end

own["io.open"] = function(open)
  local reading = recorded_function("io.open", "read", open)
  return function(path, mode)
    if recorder.is_reading(mode) then return reading(path, mode) end
    return open(path, mode)
  end
end

own["io.lines"] = function()
  return function(path)
    local f, why = io.open(path)
    if not f then error(why, 2) end
    return f:lines()
  end
end

own["file.lines"] = function(lines)
  return function(self)
    if not labels[self] then return lines(self) end
    return function() return self:read "*l" end
  end
end

local IS_RECORDED = { wait = true, act = true, read = true, effect = true, rare = true }

local function gate(op, is, fn, is_method)
  if own[op] then return own[op](fn) end
  if not IS_RECORDED[is] then return nil end
  return (is_method and recorded_method or recorded_function)(op, is, fn)
end

--- An io.open for this mode only reads.
function recorder.is_reading(mode)
  return not (mode or "r"):find "[wa+]"
end

--- From here on what this process learns is recorded in folder `dir`. `told`: what a replay is to begin with: { spec
--- (worker.run's), source = the scenario as it runs, moonrig = its version }. Once a process.
function recorder.start(dir, told)
  labels, counts = setmetatable({}, { __mode = "k" }), {}
  local made, err = engine.recording(("%s/%s"):format(dir, recorder.NAME), labels)
  if not made then return nil, err end
  recorder.clock = engine.now
  number, task, tasks, looks = 0, 0, 0, 0
  ids[running()] = 0
  made:write('{"recording":1', nil, "told", told)
  made:flush(true)
  engine.intercept(gate)
  file = made
  return true
end

local function back(before, ok, ...)
  ids[running()] = before
  if not ok then error((...), 0) end
  return ...
end

--- Calls fn for a person, and not for the case: what it learns, also in tasks that it starts, is not recorded. A
--- replay leaves it out: there it returns nothing.
function recorder.unrecorded(fn, ...)
  if recorder.is_replay then return end
  local before = ids[running()]
  ids[running()] = UNRECORDED
  return back(before, pcall(fn, ...))
end

--- Does what runs now belong to a person (recorder.unrecorded), and not to the case?
function recorder.is_unrecorded()
  return ids[running()] == UNRECORDED
end

--- The recording is whole: nothing more comes. Nil and an error where not all of it could be written.
function recorder.stop()
  write_held()
  -- waits that are not over
  for _, call in pairs(waits) do write(call, "got") end
  local made = file
  file = nil
  made:write('{"end":true', nil, "got")
  return made:close()
end

return recorder
