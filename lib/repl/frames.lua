--- frames: the locals of a scenario's functions, of a waiting task (live) or at an error (copies).

local show = require "base.show"
local where = require "base.where"

local frames = {}

-- Calls see(level, info) for each scenario function of a task, the innermost first, until it returns true.
local function each(co, see)
  local level = 0
  while true do
    local info = debug.getinfo(co, level, "Slf")
    if not info or (where.is_scenario(info) and see(level, info)) then return end
    level = level + 1
  end
end

-- Calls see(name, value, set) for all upvalues and locals of one function; of two with one name the later hides the
-- earlier. Without `co` the function is a caller of ours, at the caller's level.
local function collect(co, level, info, see)
  local i = 1
  while true do
    local slot, name, value = i, debug.getupvalue(info.func, i)
    if not name then break end
    see(name, value, function(new) debug.setupvalue(info.func, slot, new) end)
    i = i + 1
  end
  i = 1
  while true do
    local slot, name, value = i
    if co then name, value = debug.getlocal(co, level, i) else name, value = debug.getlocal(level + 1, i) end
    if not name then break end
    -- Lua has temporaries such as "(for index)"
    if name:sub(1, 1) ~= "(" then see(name, value, co and function(new) debug.setlocal(co, level, slot, new) end) end
    i = i + 1
  end
end

-- The names that people use, sorted.
local function listed(set)
  local out = {}
  for _, name in ipairs(show.sorted_keys(set)) do
    if name:find "^%a" then out[#out + 1] = name end
  end
  return out
end

local Live = {}
Live.__index = Live

local function find(co, wanted)
  local found, value, set = false, nil, nil
  each(co, function(level, info)
    collect(co, level, info, function(name, its, setter)
      if name == wanted then found, value, set = true, its, setter end
    end)
    return found
  end)
  return found, value, set
end

--- Is there a local of that name? Second value: its value.
function Live:get(name)
  local found, value = find(self.co, name)
  return found, value
end

--- Sets a local; false without one of that name.
function Live:set(name, value)
  local found, _, set = find(self.co, name)
  if found then set(value) end
  return found
end

--- All names, sorted.
function Live:names()
  local seen = {}
  each(self.co, function(level, info)
    collect(self.co, level, info, function(name) seen[name] = true end)
  end)
  return listed(seen)
end

--- The scope of a waiting task, by its coroutine: { file, line } of the innermost scenario function; get, set, names.
function frames.live(co)
  local scope = setmetatable({ co = co }, Live)
  each(co, function(_, info)
    scope.file, scope.line = info.source:match "^@(.*)$", info.currentline
    return true
  end)
  return scope
end

local Caught = {}
Caught.__index = Caught

--- As Live's. A set value is seen by the prompt only.
function Caught:get(name)
  if self.known[name] then return true, self.values[name] end
  return false
end

function Caught:set(name, value)
  if self.known[name] then self.values[name] = value end
  return self.known[name] or false
end

function Caught:names() return listed(self.known) end

--- The scope of a function before its call: its parameters, with these values.
function frames.awaiting(fn, ...)
  local scope = setmetatable({ known = {}, values = {} }, Caught)
  local info = debug.getinfo(fn, "S")
  scope.file, scope.line = info.source:match "^@(.*)$", info.linedefined
  for i = 1, select("#", ...) do
    local name = debug.getlocal(fn, i)
    if name then scope.known[name], scope.values[name] = true, (select(i, ...)) end
  end
  return scope
end

--- A copy of the present locals, for use after the stack is gone. Call it in an error handler.
function frames.caught()
  local scope, level = setmetatable({ known = {}, values = {} }, Caught), 2
  while true do
    local info = debug.getinfo(level, "Slf")
    if not info then return scope end
    if where.is_scenario(info) then
      if not scope.file then scope.file, scope.line = info.source:match "^@(.*)$", info.currentline end
      local own = {}
      collect(nil, level, info, function(name, value) own[name] = { value } end)
      for name, held in pairs(own) do
        if not scope.known[name] then scope.known[name], scope.values[name] = true, held[1] end
      end
    end
    level = level + 1
  end
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

return frames
