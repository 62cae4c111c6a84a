--- context: shared by the objects of a case: its result (lib/case/result.lua), its files (lib/case/owned.lua), its
--- processes and tasks.

local engine = require "engine"
local options = require "base.options"
local owned = require "case.owned"
local result = require "case.result"

local context = {}

local Context = {}

local FIELDS = {
  "result", "owned",
  "here",       -- this machine, as a node
  "root",       -- our folder: a scenario's places are relative to it
  "scratch",    -- its private folder here
  "tasks",      -- of t:spawn, an array
  "programs",   -- its DPDK processes, an array
  "machines",   -- its VMs, an array
  "vms",        -- how many VMs were prepared
  "samplers",   -- { [program] = sampler } (lib/dpdk/sampler.lua)
  "prefixes",   -- { [EAL file prefix] = how many programs have it } (lib/dpdk/eal.lua)
  "is_cold",    -- guests boot; snapshots are not used
  "attach",     -- lib/repl/attach_server.lua, for terminals; nil: without
}

-- Another field is an error, set or read.
local class = options.class("case context", Context, nil, FIELDS)

-- The methods of its parts are also its own.
local function delegate(part, methods)
  for name, method in pairs(methods) do
    Context[name] = function(self, ...) return method(self[part], ...) end
  end
end

delegate("result", result.methods)
delegate("owned", owned.methods)

--- A context, and the data of its result. `emit(event)` gets the events of result.new; `origin` is the run's zero on
--- engine.now()'s clock.
function context.new(origin, emit)
  local self
  local function emit_all(event)
    emit(event)
    if self.attach then self.attach:event(event) end
  end
  local files = owned.new()
  self = setmetatable({ result = result.new(origin, emit_all), owned = files, scratch = files.scratch,
    here = engine.here(), root = engine.home(), tasks = {}, programs = {}, machines = {}, vms = 0, samplers = {},
    prefixes = {}, is_cold = false }, class)
  return self, self.result.data
end

return context
