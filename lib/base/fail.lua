--- fail: errors of the world as objects, raised so that scripts read straight.

local engine = require "engine"
local where = require "base.where"

local fail = {}

--- Raises the engine's `nil, err`; hands everything else on.
function fail.check(value, ...)
  if value == nil and (...) ~= nil then error((...), 0) end
  return value, ...
end

--- Raises { code, op, what, tail }, an error that prints well.
function fail.raise(code, op, what, tail)
  error(engine.error { code = code, op = op, what = what, tail = tail }, 0)
end

--- Raises a scenario's mistake, with its line in front: "scripts/x.lua:3: testpmd: unknown option ...".
function fail.misuse(form, ...)
  local at = where.scenario(engine.home())
  error((at and at .. ": " or "") .. form:format(...), 0)
end

--- The code of an error object, nil for other values.
function fail.code(err)
  return type(err) == "table" and rawget(err, "code") or nil
end

--- Is it Ctrl-C's: a wait that was called off, or one that is not to begin any more?
function fail.is_interruption(err)
  return fail.code(err) == "ECANCELED" or tostring(err):find("interrupted$") ~= nil
end

return fail
