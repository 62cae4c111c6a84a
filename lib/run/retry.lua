--- retry: a case that runs more than once: in rounds (--repeat), or again after a failure (--retry).

local verdicts = require "base.verdicts"

local retry = {}

--- The items with `count` rounds of each. An item of several rounds has its number in `round`.
function retry.rounds(items, count)
  if not count or count == 1 then return items end
  local out = {}
  for _, item in ipairs(items) do
    for round = 1, count do
      local one = {}
      for key, value in pairs(item) do one[key] = value end
      one.round, one.rounds = round, count
      out[#out + 1] = one
    end
  end
  return out
end

--- Is a case to be run again? Not one that was never started: it has no folder.
function retry.is_again(case) return verdicts.of(case.status).is_broken == true and case.dir ~= nil end

local function words_of(list)
  local words = {}
  for i, case in ipairs(list) do words[i] = case.status end
  return table.concat(words, ", ")
end

--- The result of an array of attempts. FLAKY, with the last attempt's result, where that passed. Otherwise the first
--- attempt's result: a known issue in a later attempt excuses no other failure.
function retry.combine(list)
  local first, last = list[1], list[#list]
  if #list == 1 then return first end
  local has_passed = last.status == "PASS"
  local out = {}
  for key, value in pairs(has_passed and last or first) do out[key] = value end
  out.attempts = {}
  for i, case in ipairs(list) do
    out.attempts[i] = { status = case.status, reason = case.reason, seconds = case.seconds, dir = case.dir }
  end
  if has_passed then
    out.status = "FLAKY"
    out.reason = ("passed on attempt %d, after %s: %s"):format(#list, first.status,
      tostring(first.reason):match "[^\n]+" or "")
  else
    out.notices = { unpack(out.notices or {}) }
    out.notices[#out.notices + 1] = ("attempted %d times: %s"):format(#list, words_of(list))
  end
  return out
end

return retry
