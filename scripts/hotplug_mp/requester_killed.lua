-- requester_killed: the process that asks for an attach or detach is killed while its request is under way
-- (another process stopped, so that it is). Whatever became of it, the survivors agree, and go on.

local hotplug_group = require "kit.hotplug_group"

local DEVICE = "net_null0"
local ORDER = { why = "DPDK 22.11: a primary asks its secondaries one after the other, in the order of a folder; "
  .. "killed at it, it leaves those changed that it had come to",
  says = hotplug_group.disagree("afterwards", "secondary2") }

local function try(t, group, verb, from)
  if verb == "detach" then t:truthy(group:member("primary"):attach(DEVICE).ok, "the device is there at first") end
  group:stop "secondary2"
  group:member(from).console:type(("%s %s\n"):format(verb, DEVICE))
  t:elapse(1) -- the request is on its way, and the stopped process does not answer
  group:kill(from)
  group:continue "secondary2"
  group:wait_until_quiet()
  local devices = group:check_consistent(nil, "afterwards", true)
  if from == "primary" then
    -- DPDK's secondaries do not outlive their primary: the rig goes on with a new group
    group:renew()
    devices = {}
  end
  group:goes_on("primary", devices)
end

return rig.case {
  name = "hotplug_mp: the requester is killed in the middle, the survivors agree and go on",
  needs = { "vm" }, timeout = 300,

  run = function(t)
    t:phase "boot"
    local vm = t:vm {}
    for _, verb in ipairs { "attach", "detach" } do
      for _, from in ipairs { "primary", "secondary" } do
        hotplug_group.cell(t, vm, ("%s from the %s, killed in the middle"):format(verb, from),
          { secondaries = 2, known_issue = from == "primary" and ORDER or nil, sometimes = true },
          function(group) try(t, group, verb, from) end)
      end
    end
  end,
}
