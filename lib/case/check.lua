--- check: the checks of a case: each is stored in its result, and a failed one ends the case.

local bytes = require "base.bytes"
local engine = require "engine"
local fail = require "base.fail"
local recorder = require "recorder.recorder"
local show = require "base.show"
local verdict = require "case.verdict"
local where = require "base.where"

local check = {}

-- The contract of those that scenarios call is lib/help/stubs/t.lua.
local Checks = {}
Checks.__index = Checks

-- Longer texts are cut in the result: they may have 100 MB.
local LONGEST = 2000

-- A value for JSON that does not change when the scenario continues.
local function plain(value)
  if type(value) == "boolean" or value == nil then return value end
  if type(value) == "number" and value == value and math.abs(value) < math.huge then return value end
  if type(value) == "string" and #value <= LONGEST then return value end
  return show.value(value, LONGEST)
end

local Failure = {}

--- "WHAT: expected E, got G (scripts/x.lua:12)".
Failure.__tostring = function(f)
  local detail = f.detail or ("expected %s, got %s"):format(f.expected_text, f.got_text)
  return ("%s: %s (%s)"):format(f.what, detail, f.where)
end

-- The task that makes a check; "main" outside of tasks.
local function running() return coroutine.running() or "main" end

-- Who counts the running task's checks: the case, or a cell or a deferred function (tasks.inside).
local function tally(self)
  local tallies = self.ctx.tallies
  return tallies and tallies[running()] or self
end

-- A check as the result has it.
local function entry(self, ok, what, at, result)
  return { what = what, ok = ok, got = plain(result.got), expected = plain(result.expected), where = at,
    t = self.ctx:clock(), detail = result.detail and tostring(result.detail) or nil }
end

-- Stores one check. `result`: ok, got, expected, detail (a text in place of expected and got), expected_text and
-- got_text (descriptions, where they are not the values).
local function judge(self, method, what, result)
  if type(what) ~= "string" or what == "" then
    fail.misuse("check:%s: the last argument is a text that names the check", method)
  end
  local ok = result.ok and true or false
  -- a check that is repeated may fail at first
  local is_trial = self.trials[running()] and not ok
  -- and a person's check proves nothing about the case
  local is_typed = recorder.is_unrecorded()
  local record = is_typed and self.ctx.record_typed or self.ctx.record
  local counts = not (is_trial or is_typed) and tally(self)
  if counts then counts.made = counts.made + 1 end
  local at = where.scenario(self.ctx.root) or "?"
  if not is_trial then record(self.ctx, entry(self, ok, what, at, result)) end
  if ok then return end
  local failure = setmetatable({
    kind = "check", code = "CHECK", op = "check." .. method, what = what, where = at,
    got = result.got, expected = result.expected, detail = result.detail,
    got_text = result.got_text or show.value(result.got),
    expected_text = result.expected_text or show.value(result.expected),
  }, Failure)
  if counts then counts.failed = counts.failed or failure end
  error(failure, 0)
end

function Checks:equal(got, expected, what)
  local is_nothing = got == nil and expected == nil
  judge(self, "equal", what, { ok = got == expected and not is_nothing, got = got, expected = expected,
    detail = is_nothing and "both are nil: is a name misspelt?" or bytes.difference(got, expected) })
  return got
end

function Checks:at_least(got, min, what)
  if type(min) ~= "number" then fail.misuse "check:at_least: the minimum is a number" end
  -- one that does not fit: its error names it
  if engine.number.text(got) then return got + 0 end
  judge(self, "at_least", what, { ok = type(got) == "number" and got >= min, got = got,
    expected = min, expected_text = "at least " .. show.value(min) })
  return got
end

function Checks:truthy(value, what)
  judge(self, "truthy", what, { ok = value, got = value, expected_text = "a true value" })
  return value
end

--- The check of t:eventually: the first of the `n` values is true. A failure shows all of them.
function Checks:became(values, n, what)
  local words = {}
  for i = 1, math.max(n, 1) do words[i] = show.value(values[i]) end
  judge(self, "eventually", what, { ok = values[1], got = values[1], got_text = table.concat(words, ", "),
    expected_text = "a true value" })
  return values[1]
end

function Checks:match(text, pattern, what)
  local found = { false }
  -- an error, as it prints
  local class = type(text) == "table" and getmetatable(text)
  if type(class) == "table" and class.__tostring then text = tostring(text) end
  if type(text) == "string" then found = { text:match(pattern) } end
  judge(self, "match", what, { ok = found[1], got = text, expected = pattern,
    expected_text = "a match of " .. show.value(pattern) })
  return unpack(found)
end

local function path_text(path) return path == "" and "the value" or path:gsub("^%.", "") end

local function key_text(key)
  if type(key) == "string" and key:match("^[%a_][%w_]*$") then return "." .. key end
  return "[" .. show.value(key, 60) .. "]"
end

-- The first difference as text, in the order of sorted keys, or nil. `open`: the pairs being compared, for tables that
-- contain themselves.
local function difference(got, expected, path, open)
  if got == expected then return nil end
  if type(got) ~= "table" or type(expected) ~= "table" then
    local words = bytes.difference(got, expected)
      or ("expected %s, got %s"):format(show.value(expected), show.value(got))
    return ("%s: %s"):format(path_text(path), words)
  end
  local with = open[got] or {}
  if with[expected] then return nil end
  open[got], with[expected] = with, true
  for _, key in ipairs(show.sorted_keys(expected)) do
    local found = difference(rawget(got, key), rawget(expected, key), path .. key_text(key), open)
    if found then return found end
  end
  for _, key in ipairs(show.sorted_keys(got)) do
    if rawget(expected, key) == nil then
      return ("%s: not expected, got %s"):format(path_text(path .. key_text(key)), show.value(rawget(got, key)))
    end
  end
end

function Checks:same(got, expected, what)
  local found = difference(got, expected, "", {})
  if got == nil and expected == nil then found = "both are nil: is a name misspelt?" end
  judge(self, "same", what, { ok = not found, got = got, expected = expected, detail = found })
  return got
end

function Checks:fail(what) judge(self, "fail", what, { ok = false, detail = "failed" }) end

function Checks:holds(ok, detail, what)
  local breach = not ok and type(detail) == "table" and detail.why and detail or nil
  if what == nil and type(detail) == "string" then what = detail end
  if what == nil then what = breach and tostring(breach.why) or "the oracle holds" end
  local result = { ok = ok, got = detail }
  if breach then
    result.got, result.expected, result.detail = breach.got, breach.expected, tostring(breach)
  elseif not ok then
    result.detail = detail == nil and "does not hold" or "does not hold: " .. show.value(detail)
  end
  judge(self, "holds", what, result)
  return detail
end

function Checks:raises(fn, pattern, what)
  local ok, err = pcall(fn)
  if not ok and type(err) == "table" and rawget(err, "kind") == "check" then error(err, 0) end
  local text = not ok and (type(err) == "string" and err or show.value(err, LONGEST)) or nil
  local matches = text and (pattern == nil or text:find(pattern) ~= nil)
  judge(self, "raises", what, { ok = matches, got = text, expected = pattern,
    expected_text = pattern and "an error that matches " .. show.value(pattern) or "an error",
    detail = ok and "nothing was raised" or nil })
  return err
end

--- Calls fn; failed checks of this task inside it are neither stored nor counted. Returns as pcall.
function Checks:try(fn, ...)
  local task = running()
  local is_inside = self.trials[task]
  self.trials[task] = true
  local function done(...)
    self.trials[task] = is_inside
    return ...
  end
  return done(pcall(fn, ...))
end

--- Stores and counts a check that failed in Checks:try, the last one.
function Checks:stands(failure)
  if self.trials[running()] or recorder.is_unrecorded() then return end
  local counts = tally(self)
  counts.made = counts.made + 1
  self.ctx:record(entry(self, false, failure.what, failure.where, failure))
  counts.failed = counts.failed or failure
end

--- The number of checks. A case without checks proves nothing.
function Checks:count() return self.made end

--- The checks of the case of a context (lib/case/context.lua), which records them, with values ready for JSON. A check
--- that a person makes at a prompt is recorded apart and does not count. A failed check raises { kind = "check", code,
--- op, what, where, got, expected, detail } with __tostring; misuse raises fail.misuse's error. `failed` is the first
--- failed check, even if its error was caught; or nil.
function check.new(ctx)
  return setmetatable({ ctx = ctx, made = 0, trials = setmetatable({}, { __mode = "k" }) }, Checks)
end

--- The end (ok, error, traceback) of what a tally counted (these checks, or tasks.inside's), or its first failed check,
--- if it was caught, or a skip or another failure followed.
function check.ended(counts, ok, err, trace)
  local is_hidden = ok or verdict.is_skip(err) or verdict.is_failure(err)
  if counts.failed and is_hidden then return false, counts.failed end
  return ok, err, trace
end

--- The methods, for the case object.
check.methods = Checks

return check
