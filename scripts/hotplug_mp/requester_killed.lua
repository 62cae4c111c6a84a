-- requester_killed: a process requests an attach or detach and is killed during the request. Another process is
-- stopped, so that the request takes long enough. All other processes list the same devices and still work.

local hotplug_group = require "kit.hotplug_group"

local DEVICE = "net_null0"
-- docs/found/hotplug_half_done.md
local ORDER = { why = "a primary asks its secondaries one after the other, in the order of a folder; "
  .. "if it is killed then, the secondaries that it asked before are changed and the others are not",
  versions = "22.11 to 26.11", says = hotplug_group.lists_differ("afterwards", "secondary2") }

local function kill_during(t, group, verb, from)
  if verb == "detach" then t:truthy(group:member("primary"):attach(DEVICE).ok, "the device is attached first") end
  group:stop "secondary2"
  group:member(from).console:type(("%s %s\n"):format(verb, DEVICE))
  t:elapse(1) -- the request was sent, and the stopped process does not answer
  group:kill(from)
  group:continue "secondary2"
  group:wait_until_quiet()
  local devices = group:check_consistent(nil, "afterwards", true)
  if from == "primary" then
    -- a secondary does not work without its primary: start a new group
    group:restart()
    devices = {}
  end
  group:check_usable("primary", devices)
end

return rig.case {
  name = "hotplug_mp: the requester is killed during its request, the others agree and still work",
  plan = "vdev primary and secondary process test plan", case = "Hotplug MP Application Description: rollback",
  needs = { "vm" }, timeout = 300,

  run = function(t)
    t:phase "boot"
    local vm = t:vm {}
    for _, verb in ipairs { "attach", "detach" } do
      for _, from in ipairs { "primary", "secondary" } do
        hotplug_group.cell(t, vm, ("%s from the %s, killed during the request"):format(verb, from),
          { secondaries = 2, known_issue = from == "primary" and ORDER or nil, sometimes = true },
          function(group) kill_during(t, group, verb, from) end)
      end
    end
  end,
}
