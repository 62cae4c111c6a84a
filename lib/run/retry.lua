--- retry: a case that is run more than once: in rounds (--repeat), or again after a failure (--retry); and what its
--- tries come to.

local verdicts = require "base.verdicts"

local retry = {}

--- The items of a run in so many rounds each, one after the other; an item of several has its `round`.
function retry.rounds(items, count)
  if not count or count == 1 then return items end
  local out = {}
  for _, item in ipairs(items) do
    for round = 1, count do
      out[#out + 1] = { file = item.file, plan = item.plan, name = item.name, round = round, rounds = count }
    end
  end
  return out
end

--- Is a case that ended so to be tried again? Not what could not be loaded, nor what was not begun: it has no folder.
function retry.is_again(case)
  return verdicts.of(case.status).is_broken == true and case.dir ~= nil
end

local function summary(case)
  return { status = case.status, reason = case.reason, seconds = case.seconds, dir = case.dir }
end

local function first_line(text)
  return (tostring(text):match "[^\n]+" or "")
end

local function words_of(list)
  local words = {}
  for i, case in ipairs(list) do words[i] = case.status end
  return table.concat(words, ", ")
end

--- The case that an array of its tries comes to. Passed on a retry it is FLAKY, and its record is that try's: never a
--- PASS. Otherwise it stays what it was at first, whatever a retry came to: a known issue that shows later excuses no
--- failure that was another one.
function retry.settle(list)
  local first, last = list[1], list[#list]
  if #list == 1 then return first end
  local of, passed = first, last.status == "PASS"
  if passed then of = last end
  local out = {}
  for key, value in pairs(of) do out[key] = value end
  out.tries = {}
  for i, case in ipairs(list) do out.tries[i] = summary(case) end
  if passed then
    out.status = "FLAKY"
    out.reason = ("passed on try %d, after %s: %s"):format(#list, words_of { first }, first_line(first.reason))
  else
    out.notices = { unpack(of.notices or {}) }
    out.notices[#out.notices + 1] = ("tried %d times: %s"):format(#list, words_of(list))
  end
  return out
end

return retry
