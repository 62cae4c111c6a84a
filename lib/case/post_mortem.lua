--- post_mortem: a VM or a program that is gone explains what else went wrong.

local verdicts = require "base.verdicts"
local where = require "base.where"

local post_mortem = {}

--- The reason (text) of a case that failed or was in error, with the words about those of its `machines` and
--- `programs` that have gone; one that has them already has them once. What an error was a consequence of (a guest's
--- panic) stands in front of it, behind the scenario's line: it is the first that is read.
function post_mortem.added(status, reason, machines, programs)
  if not verdicts.of(status).is_broken then return reason end
  reason = tostring(reason)
  local ends = {}
  for _, vm in ipairs(machines) do
    -- whatever state it is in, the verdict is not lost over it
    local ok, words, is_cause = pcall(vm.obituary, vm)
    if ok and words then ends[#ends + 1] = { words = words, is_cause = is_cause } end
  end
  for _, program in ipairs(programs) do
    local words = program:unheard_end()
    if words then ends[#ends + 1] = { words = words } end
  end
  for _, one in ipairs(ends) do
    local place, rest = where.split(reason)
    if not reason:find(one.words, 1, true) then
      local is_first = status == "ERROR" and one.is_cause and place
      reason = is_first and ("%s: %s\n%s"):format(place, one.words, rest) or reason .. "\n" .. one.words
    end
  end
  return reason
end

return post_mortem
