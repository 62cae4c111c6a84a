--- recorder: writes each call of a case into the engine, with its result, as a line of recording.jsonl in the case's
--- folder. `moonrig replay` plays it again.
---
--- A line is { at = its number, back = the number at the return of a wait or an act, task, op, of = the handle, nth =
--- the number of a write on it, t = the time, args, got = its results, or raised }. A binding's row
--- (engine/bind/bind_rows.h) decides how it is recorded. Lua's own io and os have rows too (engine/bind/bind_lua.c).

local engine = require "engine"
local lua_files = require "recorder.lua_files"
local module_search = require "recorder.module_search"
local where = require "base.where"

local recorder = {}

local open = io.open

--- The label of io.stdin, which a replay has, too.
recorder.STDIN = "file stdin"

--- Its name in the case's folder.
recorder.NAME = "recording.jsonl"

--- In a replay recorder.unrecorded calls nothing.
recorder.is_replay = false

-- A task with that many reads in a row polls: from there on only the last read is written.
local READS = 1000

-- The longest text that our own reads of a file keep.
local BRIEF = 2 ^ 16

-- One recording a process. `ids`: a task's number by its coroutine; UNRECORDED for a task that is not the case's.
local file, number, task, tasks, reads, held, labels, counts, puts
local ids = setmetatable({}, { __mode = "k" })
-- Each task's wait that has not returned.
local waits = {}
local UNRECORDED = -1

local function numbered()
  number = number + 1
  return number
end

-- From here on the calls of this kind's methods are recorded; most cases have few kinds.
local record_methods

-- "console 5" for a handle; nil for other values.
local function label(handle)
  if labels[handle] then return labels[handle] end
  local kind = (getmetatable(handle) or {}).__kind
  if not kind then return nil end
  if not counts[kind] then record_methods(kind) end
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
  of = call.nth and ('%s,"nth":%d'):format(of, call.nth) or of
  local back = call.back and (',"back":%d,"t":%.6f'):format(call.back, call.t) or ""
  return ('{"at":%d,"task":%d,"op":"%s"%s%s'):format(call.at, call.task, call.op, of, back)
end

local function write(call, key, ...)
  if call.is_read and reads > READS then
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

-- A rare call is recorded where it returns something, a written file where it fails.
local function is_worth(is, first)
  if is == "rare" then return first end
  return is ~= "put" or not first
end

-- Our own files, such as a snapshot's, are not the scenario's business: only their size and sum are kept.
local function is_brief(call, first)
  return call.op == "file.read" and type(first) == "string" and #first > BRIEF and where.is_own_call()
end

-- Writes the results of a read, and returns them, or raises.
local function finish_read(call, ok, ...)
  if not ok then
    local words = named((...), call)
    write(call, "raised", words)
    error(words, 2)
  end
  if type((...)) == "userdata" then label((...)) end
  if call.op == "task.join" and (...) then
    -- a task's results are no input: the replayed task returns them again
    write(call, "got", true)
  elseif is_worth(call.is, (...)) then
    call.args.is_brief = is_brief(call, (...))
    write(call, "got", ...)
  end
  return ...
end

-- The same for a wait or an act.
local function finish_act(call, ok, ...)
  call.back, call.t = numbered(), recorder.clock()
  reads, waits[call.task] = 0, nil
  return finish_read(call, ok, ...)
end

local function running() return coroutine.running() or "main" end

local function is_off() return file == nil or ids[running()] == UNRECORDED end

-- Only failures of puts are recorded, so their number says which one it was.
local function nth_put(key)
  puts[key] = (puts[key] or 0) + 1
  return puts[key]
end

local function begin(op, is, of, ...)
  -- a coroutine of the scenario's own belongs to the last task that ran
  task = ids[running()] or task
  local call = { at = numbered(), task = task, op = op, is = is, of = of, args = { n = select("#", ...), ... } }
  if is == "put" then call.nth = nth_put(op .. (of or "")) end
  call.is_read = is == "read" or is == "effect" or is == "rare"
  if call.is_read then reads = reads + 1 end
  if is == "wait" then
    waits[task] = call
    write_held()
    -- if it never returns, the recording has everything before it
    file:flush()
  end
  return call
end

local function recorded(op, is, fn, is_method)
  local finish = (is == "wait" or is == "act") and finish_act or finish_read
  if not is_method then
    return function(...)
      if is_off() then return fn(...) end
      return finish(begin(op, is, nil, ...), pcall(fn, ...))
    end
  end
  return function(self, ...)
    local of = labels[self]
    if not of or is_off() then return fn(self, ...) end
    return finish(begin(op, is, of, ...), pcall(fn, self, ...))
  end
end

-- Bindings that are recorded in their own way: { [op] = function(fn) }, the replacement of fn.
local own = {}

-- A task begins at its turn. A task that an unrecorded one starts is unrecorded too.
own["engine.task"] = function(start)
  return function(fn, ...)
    if file == nil or type(fn) ~= "function" then return start(fn, ...) end
    local is_unrecorded = ids[running()] == UNRECORDED
    if not is_unrecorded then tasks = tasks + 1 end
    local id = is_unrecorded and UNRECORDED or tasks
    local handle = start(function(...)
      ids[running()] = id
      if not is_off() then
        task, reads = id, 0
        write({ at = numbered(), task = id, op = "begin" }, "got")
        -- the task may never return to the engine
        file:flush(true)
      end
      return fn(...)
    end, ...)
    if is_unrecorded then return handle end
    if not counts.task then
      counts.task = 0
      record_methods "task"
    end
    labels[handle] = "task " .. id
    return finish_act(begin("engine.task", "act", nil), true, handle)
  end
end

own["io.lines"] = function() return lua_files.io_lines end

own["file.lines"] = function(lines)
  return function(self, ...)
    if not labels[self] then return lines(self, ...) end
    return lua_files.lines_of(self, ...)
  end
end

-- A loaded file is recorded as its text.
own["global.loadfile"] = function(loadfile)
  return function(path, ...)
    if path == nil or is_off() or where.is_own_call() then return loadfile(path, ...) end
    local call = begin("global.loadfile", "read", nil, path)
    local f, why = open(path, "rb")
    local text = f and f:read "*a"
    if f then f:close() end
    -- loadfile has its own words for what cannot be read
    if not text then why = select(2, loadfile(path, ...)) or why end
    finish_read(call, true, text, why)
    -- a module in C may never return to the engine
    file:flush(true)
    if not text then return nil, why end
    return lua_files.compile(path, text, ...)
  end
end

own["global.dofile"] = function() return lua_files.dofile end

local IS_RECORDED = { wait = true, act = true, read = true, take = true, effect = true, rare = true, put = true }

local function wrap(op, is, fn, is_method)
  if own[op] then return own[op](fn) end
  return IS_RECORDED[is] and recorded(op, is, fn, is_method) or nil
end

function record_methods(kind) engine.intercept(wrap, kind) end

--- Records this process from now on into folder `dir`, once a process. `header` is what a replay starts with: { spec
--- (worker.run's), source = the scenario as it runs, moonrig = its version }, and lua_path, where modules were
--- looked for.
function recorder.start(dir, header)
  labels, counts, puts = setmetatable({}, { __mode = "k" }), {}, {}
  local made, err = engine.recording(("%s/%s"):format(dir, recorder.NAME), labels)
  if not made then return nil, err end
  recorder.clock = engine.now
  number, task, tasks, reads = 0, 0, 0, 0
  ids[running()] = 0
  header.lua_path = package.path
  made:write('{"recording":1', nil, "head", header)
  made:flush(true)
  engine.intercept(wrap)
  -- a scenario may take a file's method before it opens one: io.stdin.read
  counts.file = 0
  record_methods "file"
  labels[io.stdin] = recorder.STDIN
  module_search.use()
  file = made
  return true
end

local function back(before, ok, ...)
  ids[running()] = before
  if not ok then error((...), 0) end
  return ...
end

--- Calls fn for a person, not for the case: its calls, and those of tasks that it starts, are not recorded. In a
--- replay it calls nothing and returns nothing.
function recorder.unrecorded(fn, ...)
  if recorder.is_replay then return end
  local before = ids[running()]
  ids[running()] = UNRECORDED
  return back(before, pcall(fn, ...))
end

--- Does the running task belong to a person (recorder.unrecorded)?
function recorder.is_unrecorded() return ids[running()] == UNRECORDED end

--- Ends the recording. Nil and an error where not all of it could be written.
function recorder.stop()
  write_held()
  -- waits that have not returned
  for _, call in pairs(waits) do write(call, "got") end
  local made = file
  file = nil
  made:write('{"end":true', nil, "got")
  return made:close()
end

return recorder
