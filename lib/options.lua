--- options: tables of named options, checked against what there is.

local near = require "near"

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

--- `given` with the defaults of `spec`: { name = { "number|string", default } }. Raises at the
--- caller's caller for a key that is none or a value of another type: "testpmd: unknown option X
--- (did you mean Y?)".
function options.take(who, given, spec, level)
  level = (level or 1) + 2
  if given == nil then given = {} end
  if type(given) ~= "table" then
    error(("%s: a table of options is expected, not %s"):format(who, type(given)), level)
  end
  local out = {}
  for key, value in pairs(given) do
    if type(key) ~= "string" then
      error(("%s: options are named, as in { name = value }"):format(who), level)
    end
    local want = spec[key]
    if not want then
      error(("%s: unknown option %s%s; there are: %s"):format(who, key,
        near.hint(key, sorted(spec)), table.concat(sorted(spec), ", ")), level)
    end
    if not fits(value, want[1]) then
      error(("%s: option %s is %s, not %s"):format(who, key, want[1]:gsub("|", " or "), type(value)), level)
    end
    out[key] = value
  end
  for key, want in pairs(spec) do
    if out[key] == nil then out[key] = want[2] end
    if out[key] == nil and want.needed then
      error(("%s: option %s is needed"):format(who, key), level)
    end
  end
  return out
end

--- A class: methods in a table, and an unknown one is an error that names the nearest.
function options.class(name, methods)
  return {
    __index = function(_, key)
      local method = methods[key]
      if method ~= nil then return method end
      if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
      error(("a %s has no %s%s; it has: %s"):format(name, tostring(key),
        near.hint(tostring(key), sorted(methods)), table.concat(sorted(methods), ", ")), 2)
    end,
  }
end

return options
