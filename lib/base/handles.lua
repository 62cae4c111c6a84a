--- handles: the engine's consoles and nodes, as all of lib/ and scenarios use them: a failure of the world is raised.

local engine = require "engine"
local fail = require "base.fail"
local where = require "base.where"

local handles = {}

-- A misuse is a text without a place: it gets the scenario's.
local function checked(ok, ...)
  if ok then return fail.check(...) end
  local err = ...
  local is_bare = type(err) == "string" and not where.is_placed(err)
  local at = is_bare and where.scenario(engine.home())
  error(at and at .. ": " .. err or err, 0)
end

-- The engine returns nil and the error. Its methods are looked up at each call: a recorder or a replay replaces them.
local function raising(of, name)
  return function(...) return checked(pcall(of[name], ...)) end
end

--- From here on the methods of consoles and nodes raise. Once a process.
function handles.raise()
  for _, kind in ipairs { "console", "node" } do
    local of, methods = engine.methods(kind), {}
    for name in pairs(of) do methods[name] = raising(of, name) end
    engine.methods(kind, setmetatable(methods, getmetatable(of)))
  end
end

return handles
