-- rollback_vdevs: attach and detach of other drivers' vdevs, from primary and from secondary: net_ring, net_af_packet
-- on the guest's loopback, net_vhost, and net_virtio_user with a testpmd in the guest as its backend. And attaches that
-- fail in the driver: in the primary, and in a secondary after the primary has succeeded.

local hotplug_group = require "kit.hotplug_group"
local hotplug_watch = require "kit.hotplug_watch"
local rollback = require "kit.rollback"

local CONDITIONS = { "nothing wrong", "already attached", "already detached" }
local DEVARGS = { "net_ring0", "net_af_packet0,iface=lo", "net_vhost0,iface=/tmp/served" }
local SOCKET = "/tmp/backend"
-- docs/found/hotplug_ring_node.md
local NODE = { why = "net_ring with nodeaction makes a port of another name; the secondary does not find "
  .. "it, and the rollback in the primary does not remove it", versions = "22.11 to 26.11",
  says = hotplug_group.lists_differ("afterwards", "primary") }

-- These fail in the driver: no backend, no /dev/net/tun in the guest, no such interface.
local IMPOSSIBLE = { "net_virtio_user0,path=/tmp/nobody", "net_tap0,iface=tap0", "net_af_packet0,iface=no0" }

-- net_virtio_user, also checked on the vhost side.
local function virtio_user(t, vm)
  local pmd = vm:testpmd { name = "backend", lcores = "0-1", vdevs = { "net_vhost0,iface=" .. SOCKET } }
  rollback.matrix(t, vm, { devargs = "net_virtio_user0,path=" .. SOCKET, watch = function()
    return hotplug_watch.new(t, { vm = vm, pmd = pmd, backends = { net_virtio_user0 = { port = 0, socket = SOCKET } } })
  end }, CONDITIONS)
  pmd:quit()
end

local function refused(t, group, devargs, from)
  local reply = group:member(from):attach(devargs, 30)
  t:equal(reply.words, "failed to attached device " .. devargs:match "^[^,]*", "the reply")
  group:check_consistent({}, "afterwards", true)
  group:check_usable(from, {})
end

return rig.case {
  name = "hotplug_mp: vdevs of other drivers are attached and detached, or refused, and all processes agree",
  plan = "vdev primary and secondary process test plan", case = "Hotplug MP Application Description: rollback",
  needs = { "vm", "testpmd" }, timeout = 600,

  run = function(t)
    t:phase "boot"
    local vm = t:vm {}
    for _, devargs in ipairs(DEVARGS) do rollback.matrix(t, vm, { devargs = devargs }, CONDITIONS) end
    virtio_user(t, vm)
    for _, from in ipairs { "primary", "secondary" } do
      for _, devargs in ipairs(IMPOSSIBLE) do
        hotplug_group.cell(t, vm, ("attach %s from the %s: the driver refuses"):format(devargs, from), {},
          function(group) refused(t, group, devargs, from) end)
      end
      local node = "net_ring1,nodeaction=other:0:CREATE"
      hotplug_group.cell(t, vm, ("attach %s from the %s: the secondary refuses"):format(node, from),
        { known_issue = NODE }, function(group) refused(t, group, node, from) end)
    end
  end,
}
