--- rollback: what may go wrong when a device comes or goes, as conditions; and one try at each, for any device that
--- hotplug_mp can attach. A refusal leaves every process as it was, a success shows in all, nothing hangs, and the
--- device and another one come and go afterwards.

local hotplug_group = require "kit.hotplug_group"
local options = require "base.options"

local rollback = {}

local OTHER = { primary = "secondary", secondary = "primary" }

local LATE = { why = "DPDK 22.11: a request that timed out is carried out once the stopped primary goes on",
  says = hotplug_group.disagree("afterwards", "primary") }
local PARTLY = { why = "DPDK 22.11: a primary asks its secondaries one after the other; killed at it, it leaves those "
  .. "changed that it had come to", says = hotplug_group.disagree("afterwards", "secondary2") }

-- the first that is seen of it is either: the primary's list lacks the device, or the secondary's makes no sense
local UNDOES = { why = "DPDK 22.11: the rollback of an attach takes away a device that was there before, and leaves "
  .. "the stopped secondary a port without a name", says = "^every process .*list.* afterwards: the .-'s list: " }

-- lib/eal/common/eal_common_proc.c, send_msg: a vdev's attach makes the secondaries ask the primary for its vdevs,
-- and the primary's answer meets the dead one's socket while its request is on the way there
local SOCKET = { why = "DPDK 22.11: two threads of the primary come upon a dead secondary's socket; one removes it, "
  .. "the other's request fails (\"No such file or directory\"), and the attach is refused",
  says = "^the reply is a success: failed to attach" }

local DEVICE = { devargs = { "string", needed = true }, with = { "table" }, at_start = { "boolean", false },
  watch = { "function" } }

local function stop(group, other)
  group:stop(other)
end

local function go_on(group, other, from)
  group:continue(other)
  group:hear_late(from)
end

-- `ok` is the reply to be: true success, false refusal, or by who asks; a race may end in either. `troubled`: errors in
-- the logs are no surprise though it succeeds. (rte_dev_probe takes a device that is there already as a success, so
-- that processes that lack it get it, and complains: lib/eal/common/eal_common_dev.c.)
local CONDITIONS = {
  { name = "nothing wrong", ok = true },
  { name = "two secondaries", secondaries = 2, ok = true },
  { name = "absent device", device = "0000:00:1e.0", ok = false },
  { name = "malformed devargs", device = "bogus", ok = false },
  { name = "already attached", is_there = true, verbs = { "attach" }, ok = true, troubled = true },
  { name = "already detached", is_there = false, verbs = { "detach" }, ok = false },
  { name = "another process stopped past the EAL's 5 s", ok = false, known_issue = { secondary = LATE },
    before = stop, after = go_on },
  { name = "already attached, another process stopped past the EAL's 5 s", is_there = true, verbs = { "attach" },
    ok = false, known_issue = { primary = UNDOES }, before = stop, after = go_on },
  -- nothing comes or goes without the primary
  { name = "another process killed before", ok = { primary = true, secondary = false },
    before = function(group, other) group:kill(other) end },
  { name = "one of two secondaries killed before", secondaries = 2, froms = { "primary", "secondary2" }, ok = true,
    known_issue = { attach = SOCKET }, sometimes = true,
    before = function(group) group:kill "secondary" end },
  { name = "another process stopped, and killed in the middle", ok = false, before = stop,
    during = function(group, other)
      group.t:elapse(1) -- the request is on its way, and nobody answers it
      group:kill(other)
    end },
}

-- Killed at work, somewhere on the request's way through the processes: it takes some 30 ms.
for _, ms in ipairs { 0, 20, 40 } do
  CONDITIONS[#CONDITIONS + 1] = { name = ("another process killed %d ms after the request"):format(ms),
    secondaries = 2, known_issue = { secondary = PARTLY }, sometimes = true, is_race = true,
    during = function(group, other)
      if ms > 0 then group.t:elapse(ms / 1000) end
      group:kill(other)
    end }
end

-- A field that may depend on who asks, or for what.
local function of(c, field, from, verb)
  local value = c[field]
  if type(value) ~= "table" then return value end
  if value[from] ~= nil then return value[from] end
  return value[verb]
end

-- All devices with this one there or not.
local function devices_with(device, is_there)
  local out = { [device.name] = is_there and true or nil }
  for _, name in ipairs(device.with) do out[name] = true end
  return out
end

-- Brings the device to where the condition wants it at first.
local function prepare(group, device, is_there)
  if is_there ~= device.at_start then
    local primary = group:member "primary"
    local reply = is_there and primary:attach(device.devargs) or primary:detach(device.name)
    group.t:truthy(reply.ok, "a good start: " .. reply.words)
  end
  group:check_consistent(devices_with(device, is_there), "at first")
end

-- Asks, with what goes wrong before, during and after. Returns the reply.
local function ask(group, c, verb, from, what)
  local other, process = OTHER[from], group:member(from)
  if c.before then c.before(group, other) end
  local asked = group.t:spawn(function() return process[verb](process, what, 30) end)
  if c.during then c.during(group, other) end
  local reply = asked:join(40)
  if c.after then c.after(group, other, from) end
  return reply
end

local function goes_on(group, device, from, devices)
  if not group:is_alive "primary" then
    group:renew()
    from, devices = "primary", devices_with(device, device.at_start)
  end
  group:goes_on(from, devices)
  group:toggle(from, device.devargs, devices)
end

local function try(group, device, c, verb, from)
  local is_there = c.is_there
  if is_there == nil then is_there = verb == "detach" end
  prepare(group, device, is_there)
  local reply = ask(group, c, verb, from, c.device or (verb == "attach" and device.devargs or device.name))
  local ok = of(c, "ok", from, verb)
  if not c.is_race then
    group.t:equal(reply.ok, ok, ("the reply is a %s: %s"):format(ok and "success" or "refusal", reply.words))
  end
  if reply.ok then is_there = verb == "attach" end
  local devices = devices_with(device, is_there)
  -- a refusal for want of an answer from a primary that was killed at work leaves open which of both it is
  local is_open = c.is_race and not group:is_alive "primary"
  devices = group:check_consistent(not is_open and devices or nil, "afterwards", not reply.ok or c.troubled)
  if c.is_race and not is_open then group:excuse(from, devices) end
  goes_on(group, device, from, devices)
end

-- The conditions of these names, in their order; all of them without names.
local function chosen(names)
  if not names then return CONDITIONS end
  local by_name, out = {}, {}
  for _, c in ipairs(CONDITIONS) do by_name[c.name] = c end
  for i, name in ipairs(names) do
    out[i] = by_name[name] or error(("rollback: there is no condition %q"):format(name), 0)
  end
  return out
end

--- The matrix of a device: conditions x { attach, detach } x { from the primary, from the secondary }, a cell each.
--- `given`: `devargs` to attach it with; `with`, an array of devices that are there all the time; `at_start`, whether
--- the processes have it from their start; `watch` as of lib/kit/hotplug_group.lua. `names`: conditions (default: all).
function rollback.matrix(t, vm, given, names)
  local device = options.take("rollback", given, DEVICE)
  device.name, device.with = device.devargs:match "^[^,]*", device.with or {}
  for _, c in ipairs(chosen(names)) do
    for _, verb in ipairs(c.verbs or { "attach", "detach" }) do
      for _, from in ipairs(c.froms or { "primary", "secondary" }) do
        hotplug_group.cell(t, vm, ("%s %s from the %s: %s"):format(verb, device.name, from, c.name),
          { secondaries = c.secondaries, watch = device.watch, known_issue = of(c, "known_issue", from, verb),
            sometimes = c.sometimes },
          function(group) try(group, device, c, verb, from) end)
      end
    end
  end
end

return rollback
