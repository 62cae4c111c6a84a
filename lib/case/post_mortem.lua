--- post_mortem: a VM or a program that ended, or that reported a fault, explains other failures.

local faults = require "dpdk.faults"
local recorder = require "recorder.recorder"
local verdicts = require "base.verdicts"

local post_mortem = {}

-- A program that lost its node has no exit status.
local function is_by_itself(words) return not words:find("no exit status", 1, true) end

-- What may explain a failure, each once, the first cause first: an array of { words, is_cause }.
local function explanations(machines, programs, consoles)
  local out, seen, is_dead = {}, {}, false
  local function add(words, is_cause)
    if words and not seen[words] then out[#out + 1] = { words = words, is_cause = is_cause } end
    seen[words or false] = true
  end
  for _, vm in ipairs(machines) do
    -- an error here must not change the verdict
    local ok, words, is_cause = pcall(vm.post_mortem, vm)
    if ok then add(words, is_cause) end
    is_dead = is_dead or ok and is_cause
  end
  local ok, found = pcall(faults.of, consoles)
  for _, words in ipairs(ok and found or {}) do add(words, true) end
  for _, program in ipairs(programs) do
    local words = program:unexpected_end()
    -- its machine's end explains it
    add(words, words and not is_dead and is_by_itself(words))
  end
  return out
end

-- Does the reason report this end already, with more? "vhost ended with SIGSEGV", "QEMU ended at its start with ...".
local function is_told(reason, words)
  local ended = words:match "^(.- ended) with "
  return ended and reason:find("%f[%w]" .. ended:gsub("%p", "%%%0")) ~= nil
end

--- The reason (text) of an outcome { status, reason, where, is_mistake }. If it failed or was in error, with what
--- explains it, of the machines (VMs), programs and consoles of the case. What caused an error is first, behind the
--- scenario's line; a mistake of the scenario has no other cause.
function post_mortem.added(outcome, machines, programs, consoles)
  local status, reason = outcome.status, tostring(outcome.reason)
  if not verdicts.of(status).is_broken then return outcome.reason end
  local front = outcome.where and outcome.where .. ": " or ""
  local has_place = front ~= "" and reason:sub(1, #front) == front
  local can_lead, first, last = status == "ERROR" and has_place and not outcome.is_mistake, {}, {}
  for _, one in ipairs(explanations(machines, programs, consoles or {})) do
    local list = can_lead and one.is_cause and not is_told(reason, one.words) and first or last
    list[#list + 1] = one.words
  end
  if #first > 0 then reason = front .. table.concat(first, "\n") .. "\n" .. reason:sub(#front + 1) end
  table.insert(last, 1, reason)
  return table.concat(last, "\n")
end

--- At the end of these machines: what cannot answer is not asked, or its deadlines would pass one after the other. It
--- changes no verdict, and a replay has no guest.
function post_mortem.let_go(machines)
  for _, vm in ipairs(machines) do recorder.unrecorded(pcall, vm.let_go, vm) end
end

return post_mortem
