--- compare: the changes from one run to another: versions, verdicts, checks, phases, values.

local history_db = require "results.history_db"
local programs = require "host.programs"
local run_folder = require "results.run_folder"
local show = require "base.show"

local compare = {}

-- A smaller difference of a time is noise.
local SHARE, SECONDS = 0.1, 0.1

local function or_absent(value) return value == nil and "absent" or tostring(value) end

local function of_name(name, was, is)
  return ("%s: %s, was %s"):format(name, or_absent(is), or_absent(was))
end

-- The keys that differ in two tables, sorted.
local function changed_keys(a, b)
  local names, out = {}, {}
  for _, t in ipairs { a, b } do
    for name in pairs(t) do names[name] = true end
  end
  for _, name in ipairs(show.sorted_keys(names)) do
    if tostring(a[name]) ~= tostring(b[name]) then out[#out + 1] = name end
  end
  return out
end

local function version_lines(was, is, out)
  for _, name in ipairs(history_db.VERSIONS) do
    if was[name] ~= is[name] then out[#out + 1] = of_name(name, was[name], is[name]) end
  end
  -- a program that only one of them ran is no change of it
  local before, after = programs.by_name(was.cases or {}), programs.by_name(is.cases or {})
  for _, name in ipairs(changed_keys(before, after)) do
    if before[name] and after[name] then out[#out + 1] = of_name(name, before[name], after[name]) end
  end
  local a, b = was.host or {}, is.host or {}
  for _, name in ipairs(changed_keys(a, b)) do out[#out + 1] = of_name("host's " .. name, a[name], b[name]) end
end

local function time_line(name, was, is)
  was, is = tonumber(was), tonumber(is)
  if not (was and is) then return nil end
  local by = math.abs(is - was)
  if by <= SECONDS or by <= SHARE * was then return nil end
  return ("%s: %.2f s, was %.2f s"):format(name, is, was)
end

-- A list's items by their keys, a number behind a key that comes again; and the keys in order.
local function by_key(list, key_of)
  local items, keys, seen = {}, {}, {}
  for _, item in ipairs(list or {}) do
    local key = key_of(item)
    seen[key] = (seen[key] or 0) + 1
    if seen[key] > 1 then key = ("%s (%d)"):format(key, seen[key]) end
    items[key], keys[#keys + 1] = item, key
  end
  return items, keys
end

-- Calls both(key, was, is) for each item of either list, in the order of the second.
local function pair_up(was, is, key_of, both)
  local before, before_keys = by_key(was, key_of)
  local after, after_keys = by_key(is, key_of)
  for _, key in ipairs(after_keys) do both(key, before[key], after[key]) end
  for _, key in ipairs(before_keys) do
    if not after[key] then both(key, before[key], nil) end
  end
end

local function check_lines(was, is, out)
  pair_up(was, is, function(check) return tostring(check.what) end, function(what, before, after)
    local a, b = before and before.ok, after and after.ok
    if not before then
      out[#out + 1] = ("check new, %s: %s"):format(b and "ok" or "NOT OK", what)
    elseif not after then
      out[#out + 1] = ("check gone, was %s: %s"):format(a and "ok" or "NOT OK", what)
    elseif a ~= b then
      out[#out + 1] = ("check %s: %s"):format(b and "ok now" or "NOT OK now", what)
    end
  end)
end

local function phase_lines(was, is, out)
  pair_up(was, is, function(phase) return tostring(phase.name) end, function(name, before, after)
    if not before or not after then
      out[#out + 1] = ("phase %s: %s"):format(before and "gone" or "new", name)
    else
      out[#out + 1] = time_line("phase " .. name, before.seconds, after.seconds)
    end
  end)
end

local function value_lines(was, is, out)
  local a, b = history_db.leaves(was), history_db.leaves(is)
  for _, name in ipairs(changed_keys(a, b)) do
    local x, y = tonumber(a[name]), tonumber(b[name])
    local by = x and y and x ~= 0 and x ~= y and (" (%+.1f %%)"):format(100 * (y - x) / math.abs(x)) or ""
    out[#out + 1] = of_name("value " .. name, a[name], b[name]) .. by
  end
end

local function first_line(text) return tostring(text):match "[^\n]*" end

-- The changes of a case that both runs have.
local function case_lines(was, is, out)
  if was.status ~= is.status then
    out[#out + 1] = ("verdict: %s, was %s"):format(is.status, was.status)
  end
  if was.reason ~= is.reason then
    if was.reason then out[#out + 1] = "reason then: " .. first_line(was.reason) end
    if is.reason then out[#out + 1] = "reason now: " .. first_line(is.reason) end
  end
  if was.boot ~= is.boot then out[#out + 1] = of_name("boot", was.boot, is.boot) end
  out[#out + 1] = time_line("seconds", was.seconds, is.seconds)
  check_lines(was.checks, is.checks, out)
  phase_lines(was.phases, is.phases, out)
  value_lines(was.values, is.values, out)
end

--- The changes from one run's results to another's: { versions = lines, cases = { { name, before, after, lines } } }.
--- `before`, `after`: the statuses, nil: the case is not in that run. Cases without a change are left out.
function compare.of(was, is)
  local out = { versions = {}, cases = {} }
  version_lines(was, is, out.versions)
  pair_up(was.cases, is.cases, run_folder.label, function(name, before, after)
    local one = { name = name, before = before and before.status, after = after and after.status, lines = {} }
    if before and after then case_lines(before, after, one.lines) end
    if not (before and after) or #one.lines > 0 then out.cases[#out.cases + 1] = one end
  end)
  return out
end

return compare
