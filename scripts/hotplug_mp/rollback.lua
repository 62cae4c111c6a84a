-- rollback: "any failure during attaching will cause inconsistent status between processes, so proper
-- rollback action should be considered" (vdev_primary_secondary, Hotplug MP Application Description).
-- {attach, detach} x {from primary, from secondary} x {failures of lib/kit/rollback.lua}, with a vdev.

local hotplug_group = require "kit.hotplug_group"
local rollback = require "kit.rollback"

-- docs/found/hotplug_late_answer.md
local NEXT = { why = "the late answer to a request that timed out counts as the answer to the next request",
  versions = "22.11 to 26.11", says = "the next request" }

-- A stopped process continues and answers late, just when the next requests are made.
local function next_at_once(t, group, from, other)
  local process = group:member(from)
  group:stop(other)
  t:equal(process:attach("net_null0", 30).ok, false, "the reply is a refusal")
  group:continue(other)
  for _, verb in ipairs { "attach", "detach" } do
    local reply = process[verb](process, "net_null1")
    t:truthy(reply.ok, "the next request succeeds: " .. reply.words)
  end
  local devices = group:check_consistent(nil, "after the next requests", true)
  t:truthy(not devices.net_null1, "the device of the next requests is detached again")
end

return rig.case {
  name = "hotplug_mp: after any failure with a vdev, all processes agree and still work",
  plan = "vdev primary and secondary process test plan", case = "Hotplug MP Application Description: rollback",
  needs = { "vm" }, timeout = 900,

  run = function(t)
    t:phase "boot"
    local vm = t:vm {}
    rollback.matrix(t, vm, { devargs = "net_null0" })
    for _, pair in ipairs { { "primary", "secondary" }, { "secondary", "primary" } } do
      hotplug_group.cell(t, vm, ("the next requests from the %s, directly after one that timed out"):format(pair[1]),
        { known_issue = NEXT, sometimes = true }, function(group) next_at_once(t, group, unpack(pair)) end)
    end
  end,
}
