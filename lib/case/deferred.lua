--- deferred: functions that run at the end of a case or a cell, whatever happened (t:defer).

local check = require "case.check"
local engine = require "engine"
local tasks = require "case.tasks"
local verdict = require "case.verdict"
local where = require "base.where"

local deferred = {}

--- Seconds for all deferred functions of a case or a cell; after Ctrl-C the guard waits less.
deferred.SECONDS, deferred.CUT_SECONDS = 30, 2

--- Adds a function; it will run before those that were added earlier.
function deferred.add(ctx, fn)
  tasks.check_cell(ctx, "t:defer")
  table.insert(ctx.deferred, { fn = fn, place = where.scenario(ctx.root) or "?" })
end

-- Calls one until the time `over`. Returns its outcome, or nil if all is well; whether Ctrl-C ended it; and whether it
-- took all the time.
local function call(t, one, over, seconds, counts)
  local left = over - engine.now()
  local name = ("t:defer (%s): "):format(one.place)
  if left <= 0 then return { status = "ERROR", reason = name .. "not run: those before it took all the time" } end
  local is_whole, ok, err, trace, late = pcall(tasks.call, t.ctx, one.fn, left)
  if not is_whole then
    engine.clear_cancel()
    return { status = "ERROR", reason = name .. "interrupted" }, true
  end
  if late then
    local words = ("%snot done within %g s; it was at: %s"):format(name, seconds, late.words)
    return { status = "ERROR", reason = words, where = late.where }, false, true
  end
  ok, err, trace = check.ended(counts, ok, err, trace)
  if ok then return nil end
  if verdict.is_skip(err) then err = "t:skip in a function of t:defer: t:skip belongs into run(t)" end
  local status, reason, place = verdict.of(false, err, trace, 0)
  return { status = status, reason = name .. reason, where = place }
end

--- Runs the deferred functions behind the first `count`, the last one first, for `seconds` in all. Returns the outcome
--- { status, reason, where } with what they found: the first cause stays first. Second value: Ctrl-C ended one.
function deferred.run(t, count, seconds, outcome)
  local list, is_cut = t.ctx.deferred, false
  local over = engine.now() + seconds
  while #list > count do
    local one = table.remove(list)
    local found, cut, is_late = tasks.inside(t.ctx, function(counts) return call(t, one, over, seconds, counts) end)
    if cut then is_cut, over = true, math.min(over, engine.now() + deferred.CUT_SECONDS) end
    if is_late then over = engine.now() end
    if found then outcome = verdict.followed(outcome, found) end
  end
  return outcome, is_cut
end

return deferred
