--- rollback: failures during attach and detach, as conditions, and a cell for each, for any device that hotplug_mp can
--- attach. A refusal changes no process, a success shows in all, nothing hangs, and the device and another one can be
--- attached and detached afterwards.

local hotplug_group = require "kit.hotplug_group"
local options = require "base.options"
local pci = require "dpdk.pci"

local rollback = {}

local OTHER = { primary = "secondary", secondary = "primary" }

local VERSIONS = "22.11 to 26.11"

-- docs/found/hotplug_late_request.md
local LATE = { why = "a request that timed out is carried out once the stopped primary continues", versions = VERSIONS,
  says = hotplug_group.lists_differ("afterwards", "primary") }
-- docs/found/hotplug_half_done.md
local PARTLY = { why = "a primary asks its secondaries one after the other; if it is killed then, "
  .. "the secondaries that it asked before are changed and the others are not", versions = VERSIONS,
  says = hotplug_group.lists_differ("afterwards", "secondary2") }

-- docs/found/hotplug_rollback_removes.md and hotplug_list_crash.md. It shows in one of three ways: the primary's list
-- lacks the device, the secondary's list is invalid, or the secondary dies of it
local WHY = "the rollback of an attach removes a device that was attached before, and the stopped secondary "
local UNDOES = {
  { why = WHY .. "keeps a port without a name", versions = VERSIONS,
    says = "^every process .*list.* afterwards: the .-'s list: " },
  { why = WHY .. "dies at a list of its ports, for the shared data went with the last one", versions = "23.11 to 26.11",
    says = hotplug_group.ends("secondary", "SIGSEGV") },
}

-- docs/found/hotplug_socket_race.md
-- lib/eal/common/eal_common_proc.c, send_msg: at a vdev's attach the secondaries ask the primary for its vdevs. The
-- primary's answer meets the killed one's socket while its own request is on the way there
local SOCKET = { why = "two threads of the primary use a killed secondary's socket; one removes it, "
  .. "the request of the other fails (\"No such file or directory\"), and the attach is refused", versions = VERSIONS,
  says = "^the reply is a success: failed to attach" }

local DEVICE = { devargs = { "string", needed = true }, with = { "table" }, at_start = { "boolean", false },
  watch = { "function" } }

local function stop(group, other) group:stop(other) end

local function continue_late(group, other, from)
  group:continue(other)
  group:await_late_replies(from)
end

-- `ok` is the expected reply: true success, false refusal, or one for each requester; a race may end in either.
-- `expect_errors`: errors in the logs are accepted though it succeeds. (For rte_dev_probe an attached device is a
-- success, so that processes without it get it, but it logs an error: lib/eal/common/eal_common_dev.c.)
local CONDITIONS = {
  { name = "nothing wrong", ok = true },
  { name = "two secondaries", secondaries = 2, ok = true },
  { name = "absent device", device = "0000:00:1e.0", ok = false },
  { name = "malformed devargs", device = "bogus", ok = false },
  { name = "already attached", is_there = true, verbs = { "attach" }, ok = true, expect_errors = true },
  { name = "already detached", is_there = false, verbs = { "detach" }, ok = false },
  { name = "another process stopped past the EAL's 5 s", ok = false, known_issue = { secondary = LATE },
    before = stop, after = continue_late },
  { name = "already attached, another process stopped past the EAL's 5 s", is_there = true, verbs = { "attach" },
    ok = false, known_issue = { primary = UNDOES }, before = stop, after = continue_late },
  -- nothing is attached or detached without the primary
  { name = "another process killed before", ok = { primary = true, secondary = false },
    before = function(group, other) group:kill(other) end },
  { name = "one of two secondaries killed before", secondaries = 2, froms = { "primary", "secondary2" }, ok = true,
    known_issue = { attach = SOCKET }, sometimes = true,
    before = function(group) group:kill "secondary" end },
  { name = "another process stopped, and killed during the request", ok = false, before = stop,
    during = function(group, other)
      group.t:elapse(1) -- the request was sent, and nobody answers it
      group:kill(other)
    end },
}

-- Killed while the request goes through the processes, which takes some 30 ms.
for _, ms in ipairs { 0, 20, 40 } do
  CONDITIONS[#CONDITIONS + 1] = { name = ("another process killed %d ms after the request"):format(ms),
    secondaries = 2, known_issue = { secondary = PARTLY }, sometimes = true, is_race = true,
    during = function(group, other)
      if ms > 0 then group.t:elapse(ms / 1000) end
      group:kill(other)
    end }
end

-- A field that may depend on the requester or on the verb.
local function of(c, field, from, verb)
  local value = c[field]
  if type(value) ~= "table" then return value end
  if value[from] ~= nil then return value[from] end
  return value[verb]
end

-- All devices, with or without this one.
local function devices_with(device, is_there)
  local out = { [device.name] = is_there and true or nil }
  for _, name in ipairs(device.with) do out[name] = true end
  return out
end

-- Attaches or detaches the device as the condition begins.
local function prepare(group, device, is_there)
  if is_there ~= device.at_start then
    local primary = group:member "primary"
    local reply = is_there and primary:attach(device.devargs) or primary:detach(device.name)
    group.t:truthy(reply.ok, "a good start: " .. reply.words)
  end
  group:check_consistent(devices_with(device, is_there), "at first")
end

-- Sends the request, with the failure before, during and after it. Returns the reply.
local function ask(group, c, verb, from, what)
  local other, process = OTHER[from], group:member(from)
  if c.before then c.before(group, other) end
  local asked = group.t:spawn(function() return process[verb](process, what, 30) end)
  if c.during then c.during(group, other) end
  local reply = asked:join(40)
  if c.after then c.after(group, other, from) end
  return reply
end

local function check_usable(group, device, from, devices)
  if not group:is_alive "primary" then
    group:restart()
    from, devices = "primary", devices_with(device, device.at_start)
  end
  group:check_usable(from, devices)
  group:toggle(from, device.devargs, devices)
end

local function run_condition(group, device, c, verb, from)
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
  -- without an answer of a killed primary, both results are possible
  local is_open = c.is_race and not group:is_alive "primary"
  devices = group:check_consistent(not is_open and devices or nil, "afterwards", not reply.ok or c.expect_errors)
  if c.is_race and not is_open then group:first_request(from, devices) end
  check_usable(group, device, from, devices)
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
--- `given`: `devargs` to attach it with; `with`, an array of devices that stay attached; `at_start`, true if the
--- processes have it from their start; `watch` as of lib/kit/hotplug_group.lua. `names`: conditions (default: all).
function rollback.matrix(t, vm, given, names)
  local device = options.take("rollback", given, DEVICE)
  local with = {}
  for i, name in ipairs(device.with or {}) do with[i] = pci.name(name) end
  device.name, device.with = pci.name(device.devargs:match "^[^,]*"), with
  for _, c in ipairs(chosen(names)) do
    for _, verb in ipairs(c.verbs or { "attach", "detach" }) do
      for _, from in ipairs(c.froms or { "primary", "secondary" }) do
        hotplug_group.cell(t, vm, ("%s %s from the %s: %s"):format(verb, device.name, from, c.name),
          { secondaries = c.secondaries, watch = device.watch, known_issue = of(c, "known_issue", from, verb),
            sometimes = c.sometimes },
          function(group) run_condition(group, device, c, verb, from) end)
      end
    end
  end
end

return rollback
