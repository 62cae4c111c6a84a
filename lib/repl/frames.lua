--- frames: the locals of a scenario's functions, of a waiting task (live) or at an error (copies).

local where = require "base.where"

local frames = {}

-- Lua has temporaries such as "(for index)".
local function is_named(name)
  return name:match "^[%a][%w_]*$" ~= nil
end

-- Calls see(level, info) for each scenario function of a task, the innermost first, until it returns true.
local function each(co, see)
  local level = 0
  while true do
    local info = debug.getinfo(co, level, "Slf")
    if not info or (where.is_scenario(info) and see(level, info)) then return end
    level = level + 1
  end
end

local Live = {}
Live.__index = Live

-- A getter and a setter of the innermost local or upvalue of that name; nil without one.
local function find(co, name)
  local get, set
  each(co, function(level, info)
    local i = 1
    while true do
      local found = debug.getlocal(co, level, i)
      if not found then break end
      if found == name then
        local slot = i
        get = function() return select(2, debug.getlocal(co, level, slot)) end
        set = function(value) debug.setlocal(co, level, slot, value) end
      end
      i = i + 1
    end
    if get then return true end
    i = 1
    while true do
      local found = debug.getupvalue(info.func, i)
      if not found then return end
      if found == name then
        local slot = i
        get = function() return select(2, debug.getupvalue(info.func, slot)) end
        set = function(value) debug.setupvalue(info.func, slot, value) end
        return true
      end
      i = i + 1
    end
  end)
  return get, set
end

--- Is there a local of that name? Second value: its value.
function Live:get(name)
  local get = find(self.co, name)
  if get then return true, get() end
  return false
end

--- Sets a local; false without one of that name.
function Live:set(name, value)
  local _, set = find(self.co, name)
  if set then set(value) end
  return set ~= nil
end

-- Calls add(name, value) for all of a function; of two locals with one name the later is last. Without `co` the
-- function is a caller of ours, at the caller's level.
local function collect(co, level, info, add)
  local i = 1
  while true do
    local name, value = debug.getupvalue(info.func, i)
    if not name then break end
    add(name, value)
    i = i + 1
  end
  i = 1
  while true do
    local name, value
    if co then name, value = debug.getlocal(co, level, i) else name, value = debug.getlocal(level + 1, i) end
    if not name then break end
    if is_named(name) then add(name, value) end
    i = i + 1
  end
end

--- All names, sorted.
function Live:names()
  local seen, out = {}, {}
  each(self.co, function(level, info)
    collect(self.co, level, info, function(name)
      if not seen[name] then out[#out + 1] = name end
      seen[name] = true
    end)
  end)
  table.sort(out)
  return out
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
  if not self.known[name] then return false end
  self.values[name] = value
  return true
end

function Caught:names()
  local out = {}
  for name in pairs(self.known) do out[#out + 1] = name end
  table.sort(out)
  return out
end

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

return frames
