--- hotplug_group: a primary and secondaries of hotplug_mp in one guest, and the checks on all of them.

local ending = require "base.ending"
local hotplug_watch = require "kit.hotplug_watch"
local options = require "base.options"
local pci = require "dpdk.pci"

local hotplug_group = {}

local Group = {}
local class = options.class("hotplug group", Group)

local SPEC = { secondaries = { "number", 1 }, eal = { "table" }, watch = { "function" } }

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

--- Starts a primary and `secondaries` (default 1) on a VM. Members are named primary, secondary, secondary2, ...
--- Options: `eal`, { [name] = more words for its EAL }; `watch`, a function that makes the watch on them
--- (lib/kit/hotplug_watch.lua; by default only their lists and logs are watched).
function hotplug_group.start(t, vm, given)
  local o = options.take("hotplug_group", given, SPEC)
  local self = setmetatable({ t = t, vm = vm, secondaries = o.secondaries, eal = o.eal or {},
    new_watch = o.watch or function() return hotplug_watch.new(t, { vm = vm }) end }, class)
  start_members(self)
  return self
end

--- The member's process.
function Group:member(name) return self.members[name] end

--- The processes of the members that were not killed. Checks that they run.
function Group:survivors()
  local out = {}
  for _, name in ipairs(self.names) do
    local process = self.members[name]
    if not self.killed[name] then
      local exit = process:exit()
      self.t:holds(not exit, exit and "it ended with " .. ending.words(exit), ("the %s still runs"):format(name))
      out[#out + 1] = process
    end
  end
  return out
end

--- Does the member run?
function Group:is_alive(name) return self.members[name]:exit() == nil end

--- Stops a member with SIGSTOP and waits until it has stopped.
function Group:stop(name)
  local process = self.members[name]
  process:signal "STOP"
  self.t:eventually(10, function()
    local stat = self.vm:run({ "cat", ("/proc/%d/stat"):format(process.console:pid()) }).out
    return stat:match "%) (%S)" == "T"
  end, ("the %s has stopped"):format(name))
end

--- Continues a stopped member.
function Group:continue(name) self.members[name]:signal "CONT" end

--- Kills a member and waits until it has exited.
function Group:kill(name)
  self.killed[name] = true
  self.members[name]:signal "KILL"
  self.t:equal(self.members[name]:wait(10).signal, "SIGKILL", ("the %s was killed"):format(name))
end

--- Checks that all members list `devices` (lib/kit/hotplug_watch.lua; nil: the list of the first one), and that all
--- others than the killed ones run. `when`: the step, for the message. `expects_errors`: a step with a failure, where
--- errors in logs are expected. Returns the devices.
function Group:check_consistent(devices, when, expects_errors)
  self.watch:follow(self:survivors())
  local ok, found = pcall(self.watch.check_consistent, self.watch,
    { devices = devices, when = when, expect_errors = expects_errors or false })
  if ok then return found end
  -- one that ends at the check is a failed check, and no missing reply
  self:survivors()
  error(found, 0)
end

-- Copy of `devices` with this device added or removed.
local function changed(devices, device)
  local out = {}
  for name, port in pairs(devices) do out[name] = port end
  out[device] = not devices[device] and true or nil
  return out
end

--- Checks that `name` can attach a device and detach it again (or the reverse, if it is one of `devices`), and that all
--- survivors list both changes.
function Group:toggle(name, devargs, devices)
  local process, device = self.members[name], pci.name(devargs:match "^[^,]*")
  local now = pci.named(devices)
  for _ = 1, 2 do
    local verb = now[device] and "detach" or "attach"
    now = changed(now, device)
    local reply = process[verb](process, verb == "attach" and devargs or device)
    self.t:truthy(reply.ok, ("a good %s from the %s: %s"):format(verb, name, reply.words))
    self:check_consistent(now, ("after a good %s of %s"):format(verb, device))
  end
end

--- Kills the members that still run.
function Group:finish()
  for i = #self.names, 1, -1 do
    local process = self.members[self.names[i]]
    if not process:exit() then
      process:signal "KILL"
      process:wait(10)
    end
  end
end

--- Kills all members and starts new ones: a secondary does not work without its primary.
function Group:restart()
  self:finish()
  start_members(self)
end

-- A device that no scenario uses.
local SPARE = "net_null9"

--- Checks that the group still works: `name` attaches and detaches another device, and all survivors list it.
function Group:check_usable(name, devices) self:toggle(name, SPARE, devices) end

--- The first request of `name` after a member was killed: it may be refused (lib/kit/rollback.lua has the reason). All
--- survivors must agree in both cases.
function Group:first_request(name, devices)
  local process = self.members[name]
  local reply = process:attach(SPARE)
  self:check_consistent(reply.ok and changed(devices, SPARE) or devices, "after the first request", true)
  if not reply.ok then return end
  self.t:truthy(process:detach(SPARE).ok, "and it is detached again")
  self:check_consistent(devices, "as before")
end

local function count(text, words) return select(2, text:gsub(words, "")) end

--- Waits until `name` has received each late answer of a continued process. Then the request is done. (The log lines
--- are from lib/eal/common/eal_common_proc.c.)
function Group:await_late_replies(name)
  local process = self.members[name]
  self.t:eventually(10, function()
    local output = process.console:since(process.started)
    local given_up = count(output, "EAL: Fail to recv reply for request")
    return given_up > 0 and count(output, "EAL: Drop mp reply: eal_dev_mp_request") == given_up
  end, ("the %s has received the late answers"):format(name))
end

-- A request times out after the EAL's 5 s (MP_TIMEOUT_S, lib/eal/common/hotplug_mp.c), and its rollback after 5 more.
-- No event shows the end of both.
local GIVEN_UP_SECONDS = 11

--- Waits until every request is done or timed out.
function Group:wait_until_quiet() self.t:elapse(GIVEN_UP_SECONDS) end

local DISAGREE = "^every process lists the same devices, the expected ones %s: the %s%%f[^%%w][%%w@_.+-]*'s list: %%S+ "

--- The `says` of a known issue: the lists differ, and the first wrong one is that of `name`. `when` is that of
--- Group:check_consistent. Processes have the names of their consoles: "primary@CELL".
function hotplug_group.lists_differ(when, name) return DISAGREE:format(when, name) end

--- The `says` of a known issue: the member `name` ended with `how`, such as "SIGSEGV". It matches the failed check, and
--- the words of the crash.
function hotplug_group.ends(name, how)
  return ("%%f[%%w_@.+-]%s%%f[^%%w]%%S*[%%l :]- ended with %s"):format(name, how)
end

--- Runs fn(group) as a cell of t's matrix, with its own group. The group ends with the cell.
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
