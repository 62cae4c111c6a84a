--- hotplug_group: a primary and secondaries of hotplug_mp in one guest, that share their devices; and
--- what must hold of them together.

local hotplug_watch = require "kit.hotplug_watch"
local options = require "base.options"

local hotplug_group = {}

local Group = {}
local class = options.class("hotplug group", Group)

local SPEC = { secondaries = { "number", 1 }, eal = { "table" }, watch = { "function" } }

-- Starts the members, and looks at them from here on.
local function start_members(self)
  self.members, self.names, self.killed = {}, {}, {}
  local function start(name, how)
    self.members[name] = self.vm:hotplug_mp { name = name, proc_type = how, lcores = 1, eal = self.eal[name] }
    self.names[#self.names + 1] = name
  end
  start("primary", "primary")
  for i = 1, self.secondaries do start(i == 1 and "secondary" or "secondary" .. i, "secondary") end
  self.watch = self.new_watch()
  self.watch:follow(self:survivors())
end

--- Starts a primary and `secondaries` (default 1) of them on a VM. Members are named primary,
--- secondary, secondary2, ... Other options: `eal`, { [name] = more words for its EAL }; `watch`, a function that
--- makes the watch on them (lib/kit/hotplug_watch.lua; without one, on what the processes say alone).
function hotplug_group.start(t, vm, given)
  local o = options.take("hotplug_group", given, SPEC)
  local self = setmetatable({ t = t, vm = vm, secondaries = o.secondaries, eal = o.eal or {},
    new_watch = o.watch or function() return hotplug_watch.new(t, { vm = vm }) end }, class)
  start_members(self)
  return self
end

--- The member's process.
function Group:member(name)
  return self.members[name]
end

--- The processes of the members that were not killed: they are to run.
function Group:survivors()
  local out = {}
  for _, name in ipairs(self.names) do
    local process = self.members[name]
    if not self.killed[name] then
      self.t:truthy(not process:exit(), ("the %s still runs"):format(name))
      out[#out + 1] = process
    end
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
  self.killed[name] = true
  self.members[name]:signal "KILL"
  self.t:equal(self.members[name]:wait(10).signal, "SIGKILL", ("the %s was killed"):format(name))
end

--- Checks that all agree on `devices` (lib/kit/hotplug_watch.lua; nil: on what the first of them lists), and that
--- nobody ended but who was killed. `when` says at what point; `is_troubled`: something went wrong there. Returns
--- the devices.
function Group:check_consistent(devices, when, is_troubled)
  self.watch:follow(self:survivors())
  return self.watch:check_consistent { devices = devices, when = when, troubled = is_troubled or false }
end

-- Copy of `devices` with a device more or less.
local function changed(devices, device)
  local out = {}
  for name, port in pairs(devices) do out[name] = port end
  out[device] = not devices[device] and true or nil
  return out
end

--- Checks that a device can change, asked for by `name`, and back again: it comes and goes, or where it is one of
--- `devices` goes and comes, in all survivors.
function Group:toggle(name, devargs, devices)
  local process, device = self.members[name], devargs:match "^[^,]*"
  local now = devices
  for _ = 1, 2 do
    local verb = now[device] and "detach" or "attach"
    now = changed(now, device)
    local reply = process[verb](process, verb == "attach" and devargs or device)
    self.t:truthy(reply.ok, ("a good %s from the %s: %s"):format(verb, name, reply.words))
    self:check_consistent(now, ("after a good %s of %s"):format(verb, device))
  end
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

--- Ends them all and starts anew: DPDK's secondaries do not outlive their primary.
function Group:renew()
  self:finish()
  start_members(self)
end

-- A device of nobody's interest.
local SPARE = "net_null9"

--- Checks that another device comes and goes in all survivors, asked for by `name`.
function Group:goes_on(name, devices)
  self:toggle(name, SPARE, devices)
end

--- One request of `name` that may be refused, the first one after a member's death (lib/kit/rollback.lua says why, and
--- has it as a condition); all agree, whatever it was.
function Group:excuse(name, devices)
  local process = self.members[name]
  local reply = process:attach(SPARE)
  self:check_consistent(reply.ok and changed(devices, SPARE) or devices, "after the first request since", true)
  if not reply.ok then return end
  self.t:truthy(process:detach(SPARE).ok, "and it goes again")
  self:check_consistent(devices, "as before")
end

local function count(text, words)
  return select(2, text:gsub(words, ""))
end

--- Waits until each answer that `name` no longer waited for has come, late, from a process that goes on: then what
--- was asked for is done. (lib/eal/common/eal_common_proc.c says the one and the other.)
function Group:hear_late(name)
  local process = self.members[name]
  self.t:eventually(10, function()
    local said = process.console:since(process.started)
    local given_up = count(said, "EAL: Fail to recv reply for request")
    return given_up > 0 and count(said, "EAL: Drop mp reply: eal_dev_mp_request") == given_up
  end, ("the %s has heard the late answers"):format(name))
end

-- A request is given up after the EAL's 5 s (MP_TIMEOUT_S, lib/eal/common/hotplug_mp.c), and its rollback
-- after 5 more: that nothing is under way any more has no event.
local GIVEN_UP_SECONDS = 11

--- Waits until what was asked for is done, or given up, where nobody is left who could ask for more.
function Group:wait_until_quiet()
  self.t:elapse(GIVEN_UP_SECONDS)
end

local DISAGREE = "^every process lists the same devices, the expected ones %s: the %s[%%-%%d]*'s list: %%S+ "

--- What a known issue's `says` is where the members' lists differ, and the first that is another one than was expected
--- at that point (Group:check_consistent's `when`) is the list of `name`. Processes have the names of their consoles:
--- "primary-2".
function hotplug_group.disagree(when, name)
  return DISAGREE:format(when, name)
end

--- A cell of t's matrix with a group of its own: fn(group). The group ends with it, however it went.
--- Options: { known_issue, sometimes }, and the group's.
function hotplug_group.cell(t, vm, name, given, fn)
  local o = {}
  for key, value in pairs(given) do o[key] = value end
  local how = { known_issue = o.known_issue, sometimes = o.sometimes }
  o.known_issue, o.sometimes = nil, nil
  t:cell(name, how, function()
    local group = hotplug_group.start(t, vm, o)
    local ok, err = pcall(fn, group)
    group:finish()
    if not ok then error(err, 0) end
  end)
end

return hotplug_group
