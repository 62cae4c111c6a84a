-- NAME: a DPDK process on this machine attaches and detaches a device, without hardware.
return rig.case {
  name = "NAME",
  needs = { "examples" }, timeout = 60,

  setup = function(t)
    return t:hotplug_mp { name = "primary", proc_type = "primary", lcores = 0, hugepages = false, pci = false,
      memory = 64 }
  end,

  run = function(t, primary)
    t:phase "attach and detach"
    local reply = primary:attach "net_null0"
    t:truthy(reply.ok, "attach: " .. reply.words)
    t:truthy(primary:list().by_device.net_null0, "the list has the device")
    t:truthy(primary:detach("net_null0").ok, "detach")
    t:same(primary:list().by_device, {}, "the list is empty again")

    t:equal(primary:quit().code, 0, "hotplug_mp exited with status 0")
  end,
}
