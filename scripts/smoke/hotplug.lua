-- hotplug: hotplug_mp alone, on this machine: devices come and go, in its list and in its telemetry.

local FIRST, SECOND = "net_null0", "net_null1"

-- What the process's telemetry says: { [device] = port id }.
local function seen_by_telemetry(process)
  local telemetry, devices = process:telemetry(), {}
  for _, port in ipairs(telemetry:ports()) do devices[telemetry:info(port).name] = port end
  telemetry:close()
  return devices
end

-- What the process lists is what it was told, and what its telemetry shows.
local function has(t, process, expected, when)
  t:same(process:list().by_device, expected, "the list " .. when)
  t:same(seen_by_telemetry(process), expected, "the ports in telemetry " .. when)
end

local function succeeds(t, reply, words)
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
    has(t, process, {}, "at the beginning")

    t:phase "attach"
    succeeds(t, process:attach(FIRST), "attached device " .. FIRST)
    has(t, process, { [FIRST] = 0 }, "after the first attach")
    succeeds(t, process:attach(SECOND), "attached device " .. SECOND)
    has(t, process, { [FIRST] = 0, [SECOND] = 1 }, "after the second attach")

    t:phase "refuse"
    t:truthy(not process:attach("bogus").ok, "no such driver: refused")
    has(t, process, { [FIRST] = 0, [SECOND] = 1 }, "after the refusal")

    t:phase "detach"
    succeeds(t, process:detach(FIRST), "detached device " .. FIRST)
    has(t, process, { [SECOND] = 1 }, "after the detach")

    t:phase "quit"
    t:equal(process:quit().code, 0, "hotplug_mp ended with exit status 0")
  end,
}
