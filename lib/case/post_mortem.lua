--- post_mortem: a VM or a program that ended explains other failures.

local verdicts = require "base.verdicts"

local post_mortem = {}

-- The ends of machines and programs, each once: an array of { words, is_cause }.
local function ends_of(machines, programs)
  local ends, seen = {}, {}
  local function add(words, is_cause)
    if words and not seen[words] then ends[#ends + 1] = { words = words, is_cause = is_cause } end
    seen[words or false] = true
  end
  for _, vm in ipairs(machines) do
    -- an error here must not change the verdict
    local ok, words, is_cause = pcall(vm.post_mortem, vm)
    if ok then add(words, is_cause) end
  end
  for _, program in ipairs(programs) do add(program:unexpected_end()) end
  return ends
end

--- The reason (text) of an outcome { status, reason, where }. If it failed or was in error, with the ends of these
--- machines and programs. The cause of an error (a guest's panic) is first, behind the scenario's line.
function post_mortem.added(outcome, machines, programs)
  local status, reason = outcome.status, tostring(outcome.reason)
  if not verdicts.of(status).is_broken then return outcome.reason end
  local front = outcome.where and outcome.where .. ": "
  for _, one in ipairs(ends_of(machines, programs)) do
    local is_first = status == "ERROR" and one.is_cause and front and reason:sub(1, #front) == front
    reason = is_first and ("%s%s\n%s"):format(front, one.words, reason:sub(#front + 1)) or reason .. "\n" .. one.words
  end
  return reason
end

return post_mortem
