--- fail: raises errors of the world, which are objects.

local engine = require "engine"
local where = require "base.where"

local fail = {}

--- Raises the engine's `nil, err`; returns everything else.
function fail.check(value, ...)
  if value == nil and (...) ~= nil then error((...), 0) end
  return value, ...
end

-- An error object of the engine's.
local function is_ours(err) return type(err) == "table" and getmetatable(err) == getmetatable(engine.error {}) end

local function tried(ok, ...)
  if ok then return ... end
  if is_ours((...)) then return nil, (...) end
  error((...), 0)
end

--- Calls fn(...), where a failure of the world is expected: returns its results, or nil and that error. Others are
--- raised.
function fail.try(fn, ...) return tried(pcall(fn, ...)) end

--- Raises { code, op, what, tail }, an error that prints well.
function fail.raise(code, op, what, tail)
  error(engine.error { code = code, op = op, what = what, tail = tail }, 0)
end

local Misuse = { __tostring = function(err) return (err.where and err.where .. ": " or "") .. err.what end,
  __concat = function(a, b) return tostring(a) .. tostring(b) end }

--- Raises a scenario's mistake: { what, where = the scenario's line, if there is one on the stack }. It prints, and is
--- joined to texts, as "scripts/x.lua:3: testpmd: unknown option ..."; it has no code.
function fail.misuse(form, ...)
  error(setmetatable({ what = form:format(...), where = where.scenario(engine.home()) }, Misuse), 0)
end

--- The message of an error, without its code and its last lines.
function fail.what(err) return type(err) == "table" and rawget(err, "what") or tostring(err) end

--- The scenario's line that a mistake carries (fail.misuse); nil without one, and for other values.
function fail.place(err) return getmetatable(err) == Misuse and rawget(err, "where") or nil end

--- The code of an error object, nil for other values.
function fail.code(err) return type(err) == "table" and rawget(err, "code") or nil end

--- Raises a cancellation. It ends a task that computes, as the engine ends one that waits.
function fail.cancel(op, what)
  error(engine.error { code = "ECANCELED", op = op, what = what or "interrupted", cancelled = true }, 0)
end

--- The mark of a cancellation (engine/core/error.h, fail.cancel); nil for other values.
function fail.cancelled(err)
  return is_ours(err) and rawget(err, "cancelled") or nil
end

--- Is an error a cancellation, or raised by a cancelled task? Ask before engine.clear_cancel().
function fail.is_cancel(err) return engine.is_cancelled() or fail.cancelled(err) ~= nil end

return fail
