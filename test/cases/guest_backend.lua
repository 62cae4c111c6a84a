-- guest_backend: a guest has the features that its vhost backend offers now, whatever one before it was saved with.

local MAC = "52:54:00:00:00:09"
-- VIRTIO_NET_F_HOST_TSO4, of the bits in sysfs, the lowest first.
local HOST_TSO4 = 11

local function start(t, more)
  local pmd = t:testpmd { vdevs = { "net_vhost0,iface=backend,queues=1,client=1" .. more } }
  return pmd, t:vm { ports = { { socket = "backend", mac = MAC, kernel = true } } }
end

local function has_tso(t, vm)
  local nic = t:match(vm:run { "ip", "-br", "link" }.out, "(%S+)%s+%S+%s+" .. MAC, "the NIC")
  local bits = vm:run({ "cat", ("/sys/class/net/%s/device/features"):format(nic) }).out
  return bits:sub(HOST_TSO4 + 1, HOST_TSO4 + 1) == "1"
end

return rig.case {
  name = "a restored guest has the features of its present backend", needs = { "testpmd", "vm" }, timeout = 300,

  run = function(t)
    -- the second start with tso=1 is restored, or the first one was
    for _, more in ipairs { ",tso=1", "", ",tso=1", ",tso=1" } do
      t:cell("backend" .. more .. " " .. #t.ctx:cells(), function()
        local pmd, vm = start(t, more)
        t:equal(has_tso(t, vm), more ~= "", "TSO is negotiated")
        vm:quit()
        pmd:quit()
      end)
    end
  end,
}
