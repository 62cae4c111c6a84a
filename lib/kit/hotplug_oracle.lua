--- hotplug_oracle: after an attach or detach, the processes' lists and open devices, the drivers, the logs and the
--- vhost side must be consistent. Results are those of lib/kit/oracle.lua.
---
--- `devices` are the expected ones: { [device] = its port id, or true for any, the same in all processes }.

local breach = require("kit.invariant").breach
local show = require "base.show"

local hotplug_oracle = {}

-- The keys of both, in a stable order.
local function keys_of(a, b)
  local all = {}
  for key in pairs(a) do all[key] = true end
  for key in pairs(b) do all[key] = true end
  return show.sorted_keys(all)
end

-- One of the lists against the expected devices; `ids` has the port ids of the lists before it. A breach shows all
-- lists: others may lack the device, too.
local function check_list(where, list, devices, ids, lists)
  for _, device in ipairs(keys_of(devices, list)) do
    local id = list[device]
    if id == nil then return breach(where, device .. " is missing", devices, lists) end
    if devices[device] == nil then return breach(where, device .. " is there", devices, lists) end
    if ids[device] == nil then ids[device] = devices[device] == true and id or devices[device] end
    if id ~= ids[device] then
      return breach(where, ("%s has another port id than %s"):format(device, show.value(ids[device])), devices, lists)
    end
  end
  return true
end

--- Every process lists these devices and no others, with the same port ids. `lists`: { [process] = { [device] =
--- port id } }. True and the port ids, or nil, breach.
function hotplug_oracle.lists(lists, devices)
  local names, ids = show.sorted_keys(lists), {}
  if #names == 0 then return breach("lists", "there is no process", "a list", 0) end
  for _, name in ipairs(names) do
    local ok, broken = check_list(("the %s's list"):format(name), lists[name], devices, ids, lists)
    if not ok then return nil, broken end
  end
  return true, ids
end

--- Every process has open the ones of `nics` (an array) that it lists, and no other vfio device. `held`: { [process] =
--- { devices = { [nic] = true }, links = { [nic] = what shows it }, files = how many } } (lib/dpdk/vfio.lua).
function hotplug_oracle.held(held, nics, devices)
  local expected, count = {}, 0
  for _, nic in ipairs(nics) do
    if devices[nic] ~= nil then expected[nic], count = true, count + 1 end
  end
  for _, name in ipairs(show.sorted_keys(held)) do
    local where, has = ("the %s's open files"):format(name), held[name]
    for _, nic in ipairs(keys_of(expected, has.devices)) do
      if expected[nic] ~= has.devices[nic] then
        local what = expected[nic] and " is not open" or (" is still open, %s"):format(has.links[nic])
        return breach(where, nic .. what, expected, has.devices)
      end
    end
    if has.files ~= count then return breach(where, "another number of vfio devices", count, has.files) end
  end
  return true, expected
end

--- Each of `nics` is bound to `driver`, attached or not: a detach does not change the kernel's driver.
function hotplug_oracle.bound(drivers, nics, driver)
  for _, nic in ipairs(nics) do
    if drivers[nic] ~= driver then return breach(nic, "bound to another driver", driver, drivers[nic]) end
  end
  return true, driver
end

--- No process reported an error. `errors`: { [process] = array of { text } } (parse.eal_errors).
function hotplug_oracle.quiet(errors)
  for _, name in ipairs(show.sorted_keys(errors)) do
    local first = errors[name][1]
    if first then return breach(("the %s's log"):format(name), "the EAL reports an error", "none", first.text) end
  end
  return true, "no EAL error"
end

-- The link of a vhost port after an event: does a driver in the guest use it?
local MOVES = { ready = "up", vring_stopped = "down", closed = "down" }

--- The changes of a vhost socket's link: an array of "up" and "down", from parse.vhost_events.
function hotplug_oracle.moves(events, socket)
  local moves = {}
  for _, event in ipairs(events) do
    local move = event.socket == socket and MOVES[event.event]
    -- several queues of a device stop: one change
    if move and move ~= moves[#moves] then moves[#moves + 1] = move end
  end
  return moves
end

--- vhost's view of one port is consistent: its link is up if its NIC is attached. The last event since then has the
--- same link; there is one if the link changed, none otherwise. `was`: was the NIC attached before? Nil if that is not
--- known, or if a failed attempt may have attached it for a moment.
function hotplug_oracle.backend(nic, link, moves, is, was)
  local where, expected = "the vhost port of " .. nic, is and "up" or "down"
  local last = moves[#moves]
  if link ~= expected then return breach(where, "its link differs from the lists", expected, link) end
  if last and last ~= expected then return breach(where, "its last event differs from its link", expected, moves) end
  if was ~= nil and was ~= is and not last then return breach(where, "vhost saw no change", { expected }, moves) end
  if was ~= nil and was == is and last then return breach(where, "vhost saw a change", {}, moves) end
  return true, expected
end

return hotplug_oracle
