--- options: checks tables of named options, and makes classes.

local engine = require "engine"
local fail = require "base.fail"
local kind = require "base.kind"
local suggest = require "base.suggest"
local show = require "base.show"
local signatures = require "base.signatures"

local options = {}

local sorted = show.sorted_keys

local function check_name(caller, key, value, spec)
  if type(key) ~= "string" then
    fail.misuse("%s: options are named, as in { name = value }; there is %s at [%s]", caller, kind.given(value),
      tostring(key))
  end
  if spec[key] then return end
  fail.misuse("%s: unknown option %s%s; there are: %s", caller, key, suggest.hint(key, sorted(spec)),
    table.concat(sorted(spec), ", "))
end

local function check_value(caller, key, value, want)
  if not kind.fits(value, want[1]) then
    fail.misuse("%s: option %s: %s", caller, key, kind.refusal(value, want[1]))
  end
  if want.of and not want.of[value] then
    local names = sorted(want.of)
    fail.misuse('%s: option %s: there is no "%s"%s; there are: %s', caller, key, tostring(value),
      suggest.hint(tostring(value), names), table.concat(names, ", "))
  end
end

--- `given` with the defaults of `spec`: { name = { kinds (lib/base/kind.lua), default, needed = true, of = { VALUE =
--- true, ... } } }. Raises for an unknown key or a wrong kind: "x.lua:3: testpmd: unknown option X (did you mean Y?)".
function options.take(caller, given, spec)
  if given == nil then given = {} end
  if type(given) ~= "table" then fail.misuse("%s: expected a table of options, got %s", caller, kind.given(given)) end
  for _, key in ipairs(sorted(given)) do check_name(caller, key, given[key], spec) end
  local out = {}
  for _, key in ipairs(sorted(spec)) do
    local want, value = spec[key], given[key]
    if value ~= nil then check_value(caller, key, value, want) end
    out[key] = value
    if value == nil then out[key] = want[2] end
    if out[key] == nil and want.needed then
      fail.misuse("%s: option %s is needed: %s", caller, key, kind.words(want[1]))
    end
  end
  return out
end

-- "pa va" → { pa = true, va = true }.
local function set_of(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local specs = {}

--- The options of an engine's primitive ("testpmd", "vm port") as a spec for options.take, from the rows of
--- engine/prim.
function options.of(name)
  if specs[name] then return specs[name] end
  local spec = {}
  for _, row in ipairs(engine.prims[name].rows) do
    spec[row.name] = { row.kind, row.initial and kind.parsed(row.initial, row.kind), needed = row.needed,
      of = row.of and set_of(row.of) }
  end
  specs[name] = spec
  return spec
end

--- The methods of each class, by its name.
options.classes = {}

-- The declared fields of a class: each may be nil, and no other one can be set.
local function declared(name, fields)
  local is_field = {}
  for _, field in ipairs(fields) do is_field[field] = true end
  return is_field, function(self, key, value)
    if not is_field[key] then
      fail.misuse("a %s has no field %s%s", name, tostring(key), suggest.hint(tostring(key), fields))
    end
    rawset(self, key, value)
  end
end

local function check_arguments(label, parameters, arguments)
  for i, p in ipairs(parameters) do
    local value = arguments[i]
    if not (p.is_optional and value == nil) and not kind.fits(value, p.kinds) then
      fail.misuse("%s: %s: %s", label, p.name, kind.refusal(value, p.kinds))
    end
  end
end

-- A method that checks its arguments against `parameters` (lib/base/signatures.lua), and that its object is of
-- `class`. `label`: "testpmd:start".
local function guarded_method(label, parameters, class, method)
  label = label .. parameters.args
  return function(self, ...)
    if getmetatable(self) ~= class then
      fail.misuse("%s: call it with a colon, not a dot: the first argument is %s", label, kind.given(self))
    end
    check_arguments(label, parameters, { ... })
    return method(self, ...)
  end
end

--- A class: methods in a table. An unknown one is an error that names the nearest; the arguments of those that its
--- stub declares (lib/help/stubs/NAME.lua) are checked at each call. `label`: for messages, where it is not the name.
--- `fields` (optional): an array of names; then an object has no others.
function options.class(name, methods, label, fields)
  options.classes[name] = methods
  local guarded, class, is_field = {}, { __kind = name }, {}
  if fields then is_field, class.__newindex = declared(label or name, fields) end
  function class.__index(_, key)
    if is_field[key] then return nil end
    local method = methods[key]
    if method == nil and (type(key) ~= "string" or key:sub(1, 1) == "_") then return nil end
    if method == nil then
      -- a class of the runner has no stub
      local has = sorted(signatures.methods(name) or methods)
      fail.misuse("a %s has no %s%s; it has: %s", label or name, tostring(key), suggest.hint(tostring(key), has),
        table.concat(has, ", "))
    end
    if guarded[key] == nil then
      local parameters = signatures.of(name, key)
      guarded[key] = parameters and guarded_method(name .. ":" .. key, parameters, class, method) or false
    end
    return guarded[key] or method
  end
  return class
end

return options
