-- hotplug: hotplug_mp alone on this machine: attach and detach, checked by its list and its telemetry.

local FIRST, SECOND = "net_null0", "net_null1"

-- The ports in the process's telemetry: { [device] = port id }.
local function in_telemetry(process)
  local telemetry, devices = process:telemetry(), {}
  for _, port in ipairs(telemetry:ports()) do devices[telemetry:info(port).name] = port end
  telemetry:close()
  return devices
end

-- The list and the telemetry show the expected devices.
local function check_devices(t, process, expected, when)
  t:same(process:list().by_device, expected, "the list " .. when)
  t:same(in_telemetry(process), expected, "the ports in telemetry " .. when)
end

local function check_reply(t, reply, words)
  t:equal(reply.words, words, "the reply: " .. words)
  t:same(reply.log, {}, "no EAL error: " .. words)
end

return rig.case {
  name = "hotplug_mp on this machine: attach and detach, in its list and in telemetry",
  needs = { "examples" }, timeout = 60,

  run = function(t)
    t:phase "start"
    local process = t:hotplug_mp { proc_type = "primary", lcores = 0, file_prefix = "hotplug",
      hugepages = false, pci = false, memory = 64 }
    check_devices(t, process, {}, "at the beginning")

    t:phase "attach"
    check_reply(t, process:attach(FIRST), "attached device " .. FIRST)
    check_devices(t, process, { [FIRST] = 0 }, "after the first attach")
    check_reply(t, process:attach(SECOND), "attached device " .. SECOND)
    check_devices(t, process, { [FIRST] = 0, [SECOND] = 1 }, "after the second attach")

    t:phase "refuse"
    t:truthy(not process:attach("bogus").ok, "an unknown driver is refused")
    check_devices(t, process, { [FIRST] = 0, [SECOND] = 1 }, "after the refusal")

    t:phase "detach"
    check_reply(t, process:detach(FIRST), "detached device " .. FIRST)
    check_devices(t, process, { [SECOND] = 1 }, "after the detach")

    t:phase "quit"
    t:equal(process:quit().code, 0, "hotplug_mp exited with status 0")
  end,
}
