--- device_invariants: invariants of the device lists of processes. Use it as `oracle`.

local invariant = require "kit.invariant"
local pci = require "dpdk.pci"
local show = require "base.show"

local breach = invariant.breach

local invariants = {}

local function rows_text(list)
  local rows = {}
  for _, row in ipairs(list) do rows[#rows + 1] = row.port .. " " .. row.device end
  table.sort(rows)
  return table.concat(rows, ", ")
end

--- Every list has the same set of ports and devices. `lists` is { [process name] = list of
--- parse.device_list } or an array of them, two at least. True, the set as text; or nil, breach.
function invariants.same_devices(lists)
  local names = show.sorted_keys(lists)
  if #names < 2 then return breach("lists", "nothing to compare", "two lists", #names) end
  local first
  for _, name in ipairs(names) do
    local rows = rows_text(lists[name])
    first = first or rows
    if rows ~= first then
      return breach(("%s against %s"):format(show.value(name), show.value(names[1])),
        "processes see other devices", first, rows)
    end
  end
  return true, first
end

-- Bare list or lists by process, as an array of { name, list }.
local function each_list(lists)
  if lists.by_device then return { { "the list", lists } } end
  local out = {}
  for _, name in ipairs(show.sorted_keys(lists)) do
    out[#out + 1] = { "the list of " .. show.value(name), lists[name] }
  end
  return out
end

--- `device` is in none of the lists (one list, or lists by process).
function invariants.gone(lists, device)
  device = pci.name(device)
  local all = each_list(lists)
  if #all == 0 then return breach("lists", "none given", "a list", 0) end
  for _, pair in ipairs(all) do
    if pair[2].by_device[device] ~= nil then
      return breach(pair[1], device .. " is still there", "no " .. device, rows_text(pair[2]))
    end
  end
  return true, device .. " is gone"
end

--- `device` is in each of the lists, once, with port id `port` where given.
function invariants.present(lists, device, port)
  device = pci.name(device)
  local all = each_list(lists)
  if #all == 0 then return breach("lists", "none given", "a list", 0) end
  for _, pair in ipairs(all) do
    local got = pair[2].by_device[device]
    if got == nil then return breach(pair[1], device .. " is missing", device, rows_text(pair[2])) end
    if port and got ~= port then return breach(pair[1], device .. " has another port id", port, got) end
  end
  return true, device .. " is there"
end

return invariants
