-- hotplug: hotplug_mp alone, on this machine: devices come and go, in its list and in its telemetry.

local oracle = require "oracle"

local FIRST, SECOND = "net_null0", "net_null1"

-- What the process lists is what it was told, and what it shows from its other side.
local function has(t, process, expected, when)
  local list, count = process:list(), 0
  t:same(list.by_device, expected, "the list " .. when)
  for _ in pairs(expected) do count = count + 1 end
  local telemetry = process:telemetry()
  t:equal(#telemetry:ports(), count, "ports in telemetry " .. when)
  telemetry:close()
  return list
end

return rig.case {
  name = "hotplug_mp on this machine: attach and detach, in its list and in telemetry",
  needs = { "examples" }, timeout = 60,

  run = function(t)
    t:phase "start"
    local process = t:hotplug_mp { proc_type = "primary", lcores = 0, file_prefix = "hotplug",
      hugepages = false, pci = false, memory = 64 }
    has(t, process, {}, "at the beginning")

    t:phase "attach"
    t:equal(process:attach(FIRST).words, "attached device " .. FIRST, "the reply to attach")
    has(t, process, { [FIRST] = 0 }, "after the first attach")
    t:equal(process:attach(SECOND).words, "attached device " .. SECOND, "the reply to another attach")
    has(t, process, { [FIRST] = 0, [SECOND] = 1 }, "after the second attach")

    t:phase "refuse"
    t:truthy(not process:attach("bogus").ok, "no such driver: refused")
    has(t, process, { [FIRST] = 0, [SECOND] = 1 }, "after the refusal")

    t:phase "detach"
    t:equal(process:detach(FIRST).words, "detached device " .. FIRST, "the reply to detach")
    local list = has(t, process, { [SECOND] = 1 }, "after the detach")
    t:holds(oracle.gone(list, FIRST))

    t:phase "quit"
    t:equal(process:quit().code, 0, "hotplug_mp ended with exit status 0")
  end,
}
