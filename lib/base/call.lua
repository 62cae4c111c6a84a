--- call: checks the arguments of a scenario's method calls.

local fail = require "base.fail"
local kind = require "base.kind"

local call = {}

local function check(label, parameters, arguments)
  for i, p in ipairs(parameters) do
    local value = arguments[i]
    if not (p.is_optional and value == nil) and not kind.fits(value, p.kinds) then
      fail.misuse("%s: %s: %s", label, p.name, kind.refusal(value, p.kinds))
    end
  end
end

--- A method that checks its arguments against `parameters` (lib/base/signatures.lua), and that its object is of
--- `class`. `label`: "testpmd:start".
function call.guarded(label, parameters, class, method)
  label = label .. parameters.args
  return function(self, ...)
    if getmetatable(self) ~= class then
      fail.misuse("%s: call it with a colon, not a dot: the first argument is %s", label, kind.given(self))
    end
    check(label, parameters, { ... })
    return method(self, ...)
  end
end

return call
