--- recorder: all that a case learns of the world, each call with its result, a line each in its folder's
--- recording.jsonl: what `moonrig replay` plays again.
---
--- A line is { at = its number; back = its number when it came back, of what waits; task, op, of = whose method,
--- t = the time, args, got = its results, or raised }. lib/recorder/gate.lua tells which calls are on it.

local engine = require "engine"
local gate = require "recorder.gate"

local recorder = {}

--- Its name in the case's folder.
recorder.NAME = "recording.jsonl"

-- Who looks that often without doing anything looks in a circle: then the last look is kept.
local LOOKS = 1000

-- One of a process. `ids`: of the tasks, by their coroutines; ASIDE for one that is not the case's.
local file, number, task, tasks, looks, held, labels, counts
local ids = setmetatable({}, { __mode = "k" })
-- Of each task the wait that is not over.
local waits = {}
local ASIDE = -1

local function numbered()
  number = number + 1
  return number
end

-- "console 5" for a handle; nil for what is none.
local function label(handle)
  if labels[handle] then return labels[handle] end
  local kind = gate.kind(handle)
  if not kind then return nil end
  -- most cases have few kinds
  if not counts[kind] then recorder.gate_kind(kind) end
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

-- A raise of C's own has no name for who was called by pcall, and counts a method's self as an argument.
local function named(words, call)
  if type(words) ~= "string" then return words end
  return (words:gsub("bad argument #(%d+) to '%?'", function(n)
    if call.of then n = n - 1 end
    local name = call.op:match "[^.]+$"
    if n == 0 then return ("calling '%s' on bad self"):format(name) end
    return ("bad argument #%d to '%s'"):format(n, name)
  end))
end

local settle = {}

function settle.look(call, ok, ...)
  if not ok then
    local words = named((...), call)
    write(call, "raised", words)
    error(words, 2)
  end
  if type((...)) == "userdata" then label((...)) end
  if call.kind ~= "rare" or (...) then write(call, "got", ...) end
  return ...
end

function settle.act(call, ok, ...)
  call.back, call.t = numbered(), recorder.clock()
  looks, waits[call.task] = 0, nil
  return settle.look(call, ok, ...)
end

-- What a task gave is no input: it comes out of it again.
function settle.join(call, ok, ...)
  call.back, call.t = numbered(), recorder.clock()
  looks, waits[call.task] = 0, nil
  if not ok then
    write(call, "raised", named((...), call))
    error(named((...), call), 2)
  end
  if (...) then write(call, "got", true) else write(call, "got", ...) end
  return ...
end

local function running()
  return coroutine.running() or "main"
end

local function is_off()
  return file == nil or ids[running()] == ASIDE
end

local function begin(op, kind, of, ...)
  -- a coroutine of the scenario's own is its task's, which ran last
  task = ids[running()] or task
  local call = { at = numbered(), task = task, op = op, kind = kind, of = of, args = { n = select("#", ...), ... } }
  call.is_look = kind ~= "wait" and kind ~= "act"
  if call.is_look then looks = looks + 1 end
  if kind == "wait" then
    waits[task] = call
    write_held()
    -- should it never come back, the tape has what was before
    file:flush()
  end
  return call
end

local function gated(op, fn, kind)
  local settled = (kind == "wait" or kind == "act") and settle.act or settle.look
  return function(...)
    if is_off() then return fn(...) end
    return settled(begin(op, kind, nil, ...), pcall(fn, ...))
  end
end

local function gated_method(op, fn, kind)
  local settled = op == "task.join" and settle.join or (kind == "wait" or kind == "act") and settle.act or settle.look
  return function(self, ...)
    local of = labels[self]
    if not of or is_off() then return fn(self, ...) end
    return settled(begin(op, kind, of, ...), pcall(fn, self, ...))
  end
end

local ON_TAPE = { wait = true, act = true, read = true, effect = true, rare = true }

local function gate_all(functions, list, prefix, wrap)
  for name, how in pairs(list) do
    if ON_TAPE[how[1]] then functions[name] = wrap(prefix .. name, functions[name], how[1]) end
  end
end

-- A task begins when its turn comes. One that is started aside is aside.
local function gate_tasks()
  local start = engine.task
  engine.task = function(fn, ...)
    if file == nil or type(fn) ~= "function" then return start(fn, ...) end
    local is_aside = ids[running()] == ASIDE
    if not is_aside then tasks = tasks + 1 end
    local own = is_aside and ASIDE or tasks
    local handle = start(function(...)
      ids[running()] = own
      if not is_off() then
        task, looks = own, 0
        write({ at = numbered(), task = own, op = "begin" }, "got")
        -- it may not come back to the engine at all
        file:flush(true)
      end
      return fn(...)
    end, ...)
    if is_aside then return handle end
    labels[handle] = "task " .. own
    return settle.act(begin("engine.task", "act", nil), true, handle)
  end
  local methods = gate.methods "task"
  methods.join = gated_method("task.join", methods.join, "wait")
end

local function gate_lines()
  local methods = gate.methods "file"
  local lines = methods.lines
  methods.lines = function(self)
    if not labels[self] then return lines(self) end
    return function() return self:read "*l" end
  end
end

--- From here on the methods of a kind of handle are on the tape.
function recorder.gate_kind(kind)
  gate_all(gate.methods(kind), gate.handles[kind], kind .. ".", gated_method)
  if kind == "file" then gate_lines() end
end

local function gate_files()
  -- luacheck: globals io.open io.lines
  local open = io.open
  local reading = gated("io.open", open, "read")
  io.open = function(path, mode)
    if gate.is_reading(mode) then return reading(path, mode) end
    return open(path, mode)
  end
  io.lines = function(path)
    local f, why = io.open(path)
    if not f then error(why, 2) end
    return f:lines()
  end
end

local function gate_world()
  gate_all(engine, gate.engine, "engine.", gated)
  gate_all(engine.fs, gate.fs, "fs.", gated)
  gate_all(engine.sys, gate.sys, "sys.", gated)
  gate_all(os, gate.os, "os.", gated)
  gate_all(io, gate.io, "io.", gated)
  gate_tasks()
  gate_files()
end

--- From here on what this process learns is on the tape in folder `dir`. `told`: what a replay is to begin with: { spec
--- (worker.run's), source = the scenario as it runs, moonrig = its version }. Once a process.
function recorder.start(dir, told)
  labels, counts = setmetatable({}, { __mode = "k" }), {}
  local made, err = engine.tape(("%s/%s"):format(dir, recorder.NAME), labels)
  if not made then return nil, err end
  recorder.clock = engine.now
  number, task, tasks, looks = 0, 0, 0, 0
  ids[running()] = 0
  made:write('{"tape":1', nil, "told", told)
  made:flush(true)
  gate_world()
  file = made
  return true
end

local function back(before, ok, ...)
  ids[running()] = before
  if not ok then error((...), 0) end
  return ...
end

--- Calls fn for a person, and not for the case: what it learns, also in tasks that it starts, is not on the tape. A
--- replay leaves it out: there it returns nothing.
function recorder.aside(fn, ...)
  local before = ids[running()]
  ids[running()] = ASIDE
  return back(before, pcall(fn, ...))
end

--- Is what runs now a person's (tape.aside), and not the case's?
function recorder.is_aside()
  return ids[running()] == ASIDE
end

--- The tape is whole: nothing more comes. Nil and an error where not all of it could be written.
function recorder.stop()
  write_held()
  -- what nobody heard the end of
  for _, call in pairs(waits) do write(call, "got") end
  local made = file
  file = nil
  made:write('{"end":true', nil, "got")
  return made:close()
end

return recorder
