--- post_mortem: a VM or a program that is gone explains what else went wrong.

local verdicts = require "base.verdicts"

local post_mortem = {}

-- What is known of those that have gone: array of { words, is_cause }.
local function ends_of(machines, programs)
  local ends = {}
  for _, vm in ipairs(machines) do
    -- whatever state it is in, the verdict is not lost over it
    local ok, words, is_cause = pcall(vm.post_mortem, vm)
    if ok and words then ends[#ends + 1] = { words = words, is_cause = is_cause } end
  end
  for _, program in ipairs(programs) do
    local words = program:unheard_end()
    if words then ends[#ends + 1] = { words = words } end
  end
  return ends
end

--- The reason (text) of an outcome { status, reason, where } that failed or was in error, with the words about those of
--- its `machines` and `programs` that have gone; one that has them already has them once. What an error was a
--- consequence of (a guest's panic) stands in front of it, behind the scenario's line: it is the first that is read.
function post_mortem.added(outcome, machines, programs)
  local status, reason = outcome.status, tostring(outcome.reason)
  if not verdicts.of(status).is_broken then return outcome.reason end
  local front = outcome.where and outcome.where .. ": "
  for _, one in ipairs(ends_of(machines, programs)) do
    if not reason:find(one.words, 1, true) then
      local is_first = status == "ERROR" and one.is_cause and front and reason:sub(1, #front) == front
      reason = is_first and ("%s%s\n%s"):format(front, one.words, reason:sub(#front + 1)) or reason .. "\n" .. one.words
    end
  end
  return reason
end

return post_mortem
