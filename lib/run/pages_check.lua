--- pages_check: before a run with --hugepages on: are enough hugepages free for its cases?

local fail = require "base.fail"
local hugepages = require "host.hugepages"
local scenario = require "case.scenario"

local pages_check = {}

-- MiB on hugepages, for each need: testpmd with its own pool, and the smallest guest of vm/profiles.lua.
local MIB = { testpmd = 512, vm = 1024 }

-- The most that one of the cases takes.
local function most_of(items)
  local most = 0
  for _, item in ipairs(items) do
    local header, mib = scenario.case(item.file, item.row) or {}, 0
    for _, need in ipairs(header.needs or {}) do mib = mib + (MIB[need] or 0) end
    most = math.max(most, mib)
  end
  return most
end

--- Raises where a person chose hugepages (`under_test`: lib/run/choices.lua) and too few are free for one of the cases.
function pages_check.refuse(items, under_test)
  if (under_test or {}).hugepages ~= "on" then return end
  local mib = most_of(items)
  local words, why = hugepages.for_program(mib, false)
  if mib > 0 and not words then fail.raise("ENOMEM", "hugepages", "--hugepages on: " .. why) end
end

return pages_check
