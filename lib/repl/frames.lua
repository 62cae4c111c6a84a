--- frames: the locals of a scenario's functions, of a waiting task (live) or at an error (copies).

local show = require "base.show"
local steps = require "base.steps"
local where = require "base.where"

local frames = {}

-- The upvalues of a function, by name: { value, set(new) }.
local function upvalues(fn)
  local out = {}
  for slot = 1, math.huge do
    local name, value = debug.getupvalue(fn, slot)
    if not name then return out end
    out[name] = { value = value, set = function(new) debug.setupvalue(fn, slot, new) end }
  end
end

-- The upvalues and locals of a task's scenario functions, by name. An inner function's hide its callers'; of two with
-- one name in a function the later hides the earlier. Second value: the innermost function, as debug.getinfo has it.
local function visible(co)
  local all, innermost = {}, nil
  for level = 0, math.huge do
    local info = debug.getinfo(co, level, "Slf")
    if not info then return all, innermost end
    if where.is_scenario(info) then
      innermost = innermost or info
      local own = upvalues(info.func)
      for slot = 1, math.huge do
        local name, value = debug.getlocal(co, level, slot)
        if not name then break end
        own[name] = { value = value, set = function(new) debug.setlocal(co, level, slot, new) end }
      end
      for name, one in pairs(own) do all[name] = all[name] or one end
    end
  end
end

local Scope = {}
Scope.__index = Scope

-- A scope: the place { file, line } of a function, and its locals(), by name.
local function new_scope(info, line, locals)
  return setmetatable({ file = info and info.source:match "^@(.*)$", line = line, locals = locals }, Scope)
end

-- A scope of copies. A value that is set is seen by the prompt only.
local function new_copy(info, line, all)
  for _, one in pairs(all) do
    one.set = function(new) one.value = new end
  end
  return new_scope(info, line, function() return all end)
end

--- Is there a local of that name? Second value: its value.
function Scope:get(name)
  local one = self.locals()[name]
  if one then return true, one.value end
  return false
end

--- Sets a local; false without one of that name.
function Scope:set(name, value)
  local one = self.locals()[name]
  if one then one.set(value) end
  return one ~= nil
end

--- All names, sorted. Lua's own are not among them: "(for index)".
function Scope:names()
  local out = {}
  for _, name in ipairs(show.sorted_keys(self.locals())) do
    if name:find "^%a" then out[#out + 1] = name end
  end
  return out
end

--- The scope of a waiting task, by its coroutine: { file, line } of the innermost scenario function; get, set, names.
function frames.live(co)
  local _, info = visible(co)
  return new_scope(info, info and info.currentline, function() return (visible(co)) end)
end

--- The scope of a function before its call: its parameters, with these values.
function frames.awaiting(fn, ...)
  local all, info = {}, debug.getinfo(fn, "S")
  for i = 1, select("#", ...) do
    local name = debug.getlocal(fn, i)
    if name then all[name] = { value = (select(i, ...)) } end
  end
  return new_copy(info, info.linedefined, all)
end

--- A copy of the present locals, for use after the stack is gone. Call it in an error handler.
function frames.caught()
  local all, info = visible(coroutine.running())
  return new_copy(info, info and info.currentline, all)
end

--- As pcall, with the locals (frames.caught) and the traceback of an error as third and fourth value.
function frames.call(fn, ...)
  local scope, trace
  local ok, err = xpcall(fn, function(e)
    scope, trace = frames.caught(), debug.traceback("", 2)
    return e
  end, ...)
  return ok, err, scope, trace
end

--- As frames.call; the third value is always a scope, of what `functions` (a set) had when they returned, and of the
--- error's functions. A later function's locals hide those of an earlier one.
function frames.call_watched(functions, fn, ...)
  local all, last = {}, nil
  local function add(scope)
    for name, one in pairs(scope.locals()) do all[name] = one end
    last = scope
  end
  steps.watch_returns(function(returning)
    if functions[returning] then add(frames.caught()) end
  end)
  local ok, err, scope, trace = frames.call(fn, ...)
  steps.watch_returns(nil)
  if scope then add(scope) end
  return ok, err, setmetatable({ file = last and last.file, line = last and last.line,
    locals = function() return all end }, Scope), trace
end

return frames
