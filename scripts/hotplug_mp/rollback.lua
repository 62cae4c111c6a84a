-- rollback: "any failure during attaching will cause inconsistent status between processes, so proper
-- rollback action should be considered" (vdev_primary_secondary, Hotplug MP Application Description).
-- {attach, detach} x {from primary, from secondary} x what goes wrong, with a vdev. A refusal leaves every
-- list as it was, a success shows in every list, nothing hangs, and a good attach works afterwards.

local hotplug_group = require "hotplug_group"

local DEVICE = "net_null0"
local OTHER = { primary = "secondary", secondary = "primary" }
local LATE = "DPDK 22.11: a request that timed out is carried out once the stopped primary goes on"

-- The reply to be: true success, false refusal. (rte_dev_probe takes a device that is there already as a
-- success, so that processes that lack it get it: lib/eal/common/eal_common_dev.c.)
local CONDITIONS = {
  { name = "nothing wrong", ok = true },
  { name = "two secondaries", secondaries = 2, ok = true },
  { name = "absent device", device = "0000:00:1e.0", ok = false },
  { name = "malformed devargs", device = "bogus", ok = false },
  { name = "already attached", is_there = true, verbs = { "attach" }, ok = true },
  { name = "already detached", is_there = false, verbs = { "detach" }, ok = false },
  { name = "another process stopped past the EAL's 5 s", ok = false, known_issue = { secondary = LATE },
    before = function(group, other) group:stop(other) end,
    after = function(group, other) group:continue(other) end },
  -- nothing comes or goes without the primary
  { name = "another process killed before", ok = { primary = true, secondary = false },
    before = function(group, other) group:kill(other) end },
  { name = "another process killed in the middle", ok = false,
    before = function(group, other) group:stop(other) end,
    during = function(group, other) group:kill(other) end },
}

local function goes_on(t, vm, group, expected)
  if group:is_alive "primary" then return group:goes_on("primary", expected) end
  -- DPDK's secondaries do not outlive their primary: the rig goes on with a new group
  group:finish()
  local new = hotplug_group.start(t, vm)
  new:goes_on("primary", {})
  new:finish()
end

local function try(t, vm, group, verb, from, c)
  local other, process, ok = OTHER[from], group:member(from), c.ok
  if type(ok) == "table" then ok = ok[from] end
  local is_there = c.is_there
  if is_there == nil then is_there = verb == "detach" end
  if is_there then t:truthy(group:member("primary"):attach(DEVICE).ok, "the device is there at first") end

  if c.before then c.before(group, other) end
  local asked = t:spawn(function() return process[verb](process, c.device or DEVICE, 30) end)
  if c.during then
    t:elapse(1) -- the request is on its way, and nobody answers it
    c.during(group, other)
  end
  local reply = asked:join(40)
  if c.after then
    c.after(group, other)
    group:settle()
  end
  t:equal(reply.ok, ok, ("the reply is a %s: %s"):format(ok and "success" or "refusal", reply.words))
  if ok then is_there = verb == "attach" end
  local expected = { [DEVICE] = is_there or nil }
  group:agree(expected, "afterwards")
  goes_on(t, vm, group, expected)
end

return rig.case {
  name = "hotplug_mp: whatever goes wrong, all processes agree and the rig goes on",
  needs = { "vm" }, timeout = 900,

  run = function(t)
    t:phase "boot"
    local vm = t:vm {}
    for _, c in ipairs(CONDITIONS) do
      for _, verb in ipairs(c.verbs or { "attach", "detach" }) do
        for _, from in ipairs { "primary", "secondary" } do
          hotplug_group.cell(t, vm, ("%s from the %s: %s"):format(verb, from, c.name),
            { secondaries = c.secondaries, known_issue = c.known_issue and c.known_issue[from] },
            function(group) try(t, vm, group, verb, from, c) end)
        end
      end
    end
  end,
}
