--- handles: the engine's consoles and nodes, as all of lib/ and scenarios use them: a failure of the world is raised.

local engine = require "engine"
local fail = require "base.fail"

local handles = {}

-- The engine returns nil and the error. Its methods are looked up at each call: a recorder or a replay replaces them.
local function raising(of, name)
  return function(...) return fail.check(of[name](...)) end
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
