--- options: tables of named options, checked against what there is.

local near = require "near"
local where = require "where"

local options = {}

local function sorted(spec)
  local names = {}
  for name in pairs(spec) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function fits(value, kind)
  for word in kind:gmatch("[^|]+") do
    if type(value) == word then return true end
  end
  return false
end

-- At the scenario's own line, where there is one.
local function misuse(form, ...)
  local at = where.scenario()
  error((at and at .. ": " or "") .. form:format(...), 0)
end

--- `given` with the defaults of `spec`: { name = { "number|string", default } }. Raises for a key
--- that is none or a value of another type: "x.lua:3: testpmd: unknown option X (did you mean Y?)".
function options.take(who, given, spec)
  if given == nil then given = {} end
  if type(given) ~= "table" then
    misuse("%s: a table of options is expected, not %s", who, type(given))
  end
  local out = {}
  for key, value in pairs(given) do
    if type(key) ~= "string" then
      misuse("%s: options are named, as in { name = value }", who)
    end
    local want = spec[key]
    if not want then
      misuse("%s: unknown option %s%s; there are: %s", who, key, near.hint(key, sorted(spec)),
        table.concat(sorted(spec), ", "))
    end
    if not fits(value, want[1]) then
      misuse("%s: option %s is %s, not %s", who, key, (want[1]:gsub("|", " or ")), type(value))
    end
    out[key] = value
  end
  for key, want in pairs(spec) do
    if out[key] == nil then out[key] = want[2] end
    if out[key] == nil and want.needed then
      misuse("%s: option %s is needed", who, key)
    end
  end
  return out
end

--- The methods of each class, by its name.
options.classes = {}

--- A class: methods in a table, and an unknown one is an error that names the nearest.
function options.class(name, methods)
  options.classes[name] = methods
  return {
    __index = function(_, key)
      local method = methods[key]
      if method ~= nil then return method end
      if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
      misuse("a %s has no %s%s; it has: %s", name, tostring(key), near.hint(tostring(key), sorted(methods)),
        table.concat(sorted(methods), ", "))
    end,
  }
end

return options
