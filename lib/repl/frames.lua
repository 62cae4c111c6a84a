--- frames: the locals of a scenario's functions: of a task that waits, live; of one that failed, as they were.

local where = require "base.where"

local frames = {}

-- Temporaries of Lua's own ("(for index)"), and unused ones, are nobody's.
local function is_named(name)
  return name:match "^[%a][%w_]*$" ~= nil
end

-- Calls see(level, info) for each function of the scenario's in a task, the innermost first; a true value ends.
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

-- The slot of the innermost local, or upvalue, of that name: a getter and a setter; nil without any.
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

--- Whether there is a local of that name, and its value.
function Live:get(name)
  local get = find(self.co, name)
  if get then return true, get() end
  return false
end

--- Sets a local; false where there is none of that name.
function Live:set(name, value)
  local _, set = find(self.co, name)
  if set then set(value) end
  return set ~= nil
end

-- All names and values of one function, the later local of a name last; `co` nil: of one that calls us, its level
-- as the caller counts.
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

--- The names that there are, sorted.
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

--- The scenario's functions in a task that waits, by its coroutine: { file, line } of the innermost, and get, set,
--- names.
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

--- As of a live one; what is set is so for the prompt alone.
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

--- A function that is about to be called with some values, by its parameters' names.
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

--- The locals as they are now, for when the stack is gone: to be called where an error is handled.
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
