-- virtio_user_relaunch: a virtio-user server goes on while its vhost client is relaunched again and again.

-- Seen with 22.11.11, 24.11.8, 25.11.4 and 26.11-rc0. SIGPIPE where it writes to a peer that has just gone; SIGABRT,
-- "PANIC in eal_intr_thread_main(): Error adding fd", where the interrupt thread is given a closed descriptor.
local DIES = { why = "a virtio-user server dies where its client goes while it reconnects",
  says = "virtio[^\n]- with SIG[AP]", versions = "22.11 to 26.11" }
local QUEUES = 8

local function launch_vhost(t)
  return t:testpmd { name = "vhost", rxq = QUEUES, txq = QUEUES,
    vdevs = { { "net_vhost0", iface = "s", queues = QUEUES, client = 1 } } }
end

local function relaunch(t)
  local vhost = launch_vhost(t)
  local virtio = t:testpmd { name = "virtio", rxq = QUEUES, txq = QUEUES,
    vdevs = { { "net_virtio_user0", path = "s", queues = QUEUES, packed_vq = 1, server = 1 } } }
  virtio:start()
  for _ = 1, 16 do
    if virtio:exit() then break end
    vhost:quit()
    vhost = launch_vhost(t)
  end
  local ok, why = pcall(virtio.quit, virtio)
  if not ok then virtio:wait() end
  vhost:quit()
  t:truthy(ok, "virtio runs on, and quits: " .. tostring(why))
end

return rig.case {
  name = "a virtio-user server outlives the relaunches of its client", needs = { "testpmd" }, timeout = 120,

  run = function(t)
    -- a race
    t:cell("16 relaunches", { known_issue = DIES, sometimes = true }, function() relaunch(t) end)
  end,
}
