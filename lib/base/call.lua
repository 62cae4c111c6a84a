--- call: a scenario's call of a method, looked at before it is made.

local fail = require "base.fail"
local kind = require "base.kind"

local call = {}

--- "line string, seconds? seconds" → { { name, kinds, is_optional }, ... } and "line, seconds".
function call.parameters(text)
  local out, names = {}, {}
  for name, mark, kinds in text:gmatch "([%w_%.]+)(%??) ([%w|]+)" do
    out[#out + 1] = { name = name, kinds = kinds, is_optional = mark == "?" }
    names[#names + 1] = name
  end
  return out, table.concat(names, ", ")
end

--- The names of a class's methods in its signature (lib/base/signatures.lua), sorted.
function call.names(signature)
  local out = {}
  for name in pairs(signature) do
    if name ~= "object" then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

local function check(label, names, parameters, arguments)
  for i, p in ipairs(parameters) do
    local value = arguments[i]
    if p.name ~= "..." and not (p.is_optional and value == nil) and not kind.fits(value, p.kinds) then
      fail.misuse("%s(%s): %s: %s", label, names, p.name, kind.refusal(value, p.kinds))
    end
  end
end

--- A method that looks at its arguments, as `text` (lib/base/signatures.lua) tells of them, and at whose it is: an
--- object of `class`. `label`: "testpmd:start".
function call.guarded(label, text, class, method)
  local parameters, names = call.parameters(text)
  return function(self, ...)
    if getmetatable(self) ~= class then
      fail.misuse("%s(%s): call it with a colon, not a dot: the first argument is %s", label, names, kind.given(self))
    end
    check(label, names, parameters, { ... })
    return method(self, ...)
  end
end

return call
