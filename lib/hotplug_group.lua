--- hotplug_group: a primary and secondaries of hotplug_mp in one guest, that share their devices; and
--- what must hold of them together.

local options = require "options"

local hotplug_group = {}

local Group = {}
local class = options.class("hotplug group", Group)

--- Starts a primary and `secondaries` (default 1) of them on a VM. Members are named primary,
--- secondary, secondary2, ...
function hotplug_group.start(t, vm, secondaries)
  local self = setmetatable({ t = t, vm = vm, members = {}, names = {} }, class)
  local function start(name, how)
    self.members[name] = vm:hotplug_mp { name = name, proc_type = how, lcores = 1 }
    self.names[#self.names + 1] = name
  end
  start("primary", "primary")
  for i = 1, secondaries or 1 do start(i == 1 and "secondary" or "secondary" .. i, "secondary") end
  return self
end

--- The member's process.
function Group:member(name)
  return self.members[name]
end

--- The members that run: an array of names.
function Group:survivors()
  local out = {}
  for _, name in ipairs(self.names) do
    if not self.members[name]:exit() then out[#out + 1] = name end
  end
  return out
end

--- Does the member run?
function Group:is_alive(name)
  return self.members[name]:exit() == nil
end

--- Stops a member, and waits until it has stopped: a signal is on its way for a while.
function Group:stop(name)
  local process = self.members[name]
  process:signal "STOP"
  self.t:eventually(10, function()
    local stat = self.vm:run({ "cat", ("/proc/%d/stat"):format(process.console:pid()) }).out
    return stat:match "%) (%S)" == "T"
  end, ("the %s has stopped"):format(name))
end

--- Lets a stopped member go on.
function Group:continue(name)
  self.members[name]:signal "CONT"
end

--- Kills a member, and waits for its end.
function Group:kill(name)
  self.members[name]:signal "KILL"
  self.t:equal(self.members[name]:wait(10).signal, 9, ("the %s was killed"):format(name))
end

--- Checks that every surviving member lists exactly these: { [device] = true } (nil: what the first of
--- them lists), with the same port ids. `when` says at what point. Returns the devices.
function Group:agree(expected, when)
  local first
  for _, name in ipairs(self:survivors()) do
    local list, devices = self.members[name]:list(), {}
    for device in pairs(list.by_device) do devices[device] = true end
    expected, first = expected or devices, first or list.by_device
    self.t:same(devices, expected, ("the %s's devices %s"):format(name, when))
    self.t:same(list.by_device, first, ("the %s's port ids %s"):format(name, when))
  end
  return expected
end

--- Checks that the group can go on: another device comes and goes in all survivors, asked for by `name`.
function Group:goes_on(name, expected)
  local more = { net_null9 = true }
  for device in pairs(expected) do more[device] = true end
  self.t:equal(self.members[name]:attach("net_null9").words, "attached device net_null9",
    ("a good attach from the %s afterwards"):format(name))
  self:agree(more, "after the good attach")
  self.t:truthy(self.members[name]:detach("net_null9").ok, ("a good detach from the %s afterwards"):format(name))
  self:agree(expected, "after the good detach")
end

--- Ends what still runs, the hard way: the next group starts anew.
function Group:finish()
  for i = #self.names, 1, -1 do
    local process = self.members[self.names[i]]
    if not process:exit() then
      process:signal "KILL"
      process:wait(10)
    end
  end
end

-- A request is given up after the EAL's 5 s (MP_TIMEOUT_S, lib/eal/common/hotplug_mp.c), and its rollback
-- after 5 more: that nothing is under way any more has no event.
local GIVEN_UP_SECONDS = 11

--- Waits until what was asked for is done, or given up.
function Group:settle()
  self.t:elapse(GIVEN_UP_SECONDS)
end

--- A cell of t's matrix with a group of its own: fn(group). The group ends with it, however it went.
--- Options: { secondaries, known_issue, sometimes }.
function hotplug_group.cell(t, vm, name, o, fn)
  t:cell(name, { known_issue = o.known_issue, sometimes = o.sometimes }, function()
    local group = hotplug_group.start(t, vm, o.secondaries)
    local ok, err = pcall(fn, group)
    group:finish()
    if not ok then error(err, 0) end
  end)
end

return hotplug_group
