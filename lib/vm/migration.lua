--- migration: a guest's snapshot, written and read by its QEMU. `self` is the VM (lib/vm/vm.lua).

local engine = require "engine"
local fail = require "base.fail"
local features = require "vm.features"
local guest = require "vm.guest"
local qemu = require "vm.qemu"
local snapshot = require "vm.snapshot"
local topology = require "vm.topology"

local migration = {}

-- The most that QEMU needs to read or write a snapshot's device file.
local DEVICE_SECONDS = 10

local FINAL = { completed = true, failed = true, cancelled = true }

-- The status with which a migration ended; nil and an error.
local function await_migration(self, mark)
  local deadline = engine.now() + DEVICE_SECONDS
  while true do
    local event, err = self.qmp_client:await("MIGRATION", nil, mark, math.max(0, deadline - engine.now()))
    if not event then return nil, err end
    if FINAL[event.data.status] then return event.data.status end
    mark = mark + 1 -- the next event, or this one again
  end
end

-- A shell command reads or writes QEMU's devices. The memory is in a file that QEMU and moonrig share.
local function migrate(self, command, shell)
  self.qmp:execute("migrate-set-capabilities", { capabilities = {
    { capability = "x-ignore-shared", state = true }, { capability = "events", state = true } } }, 10)
  local mark = self.qmp:mark()
  self.qmp:execute(command, { uri = "exec:" .. shell }, 10)
  local status, err = await_migration(self, mark)
  if status == "completed" then return end
  -- a deadline or Ctrl-C proves nothing about the snapshot
  if fail.is_cancel(err) then error(err, 0) end
  -- a QEMU that waits for a snapshot exits without it, and answers no more
  local answer = (status or err.code == "ETIMEDOUT") and self.qmp_client:execute("query-migrate", nil, 10) or {}
  local why = answer["error-desc"] or status or answer.status or err.what
  fail.raise("EIO", "vm", ("%s: %s"):format(command, why), self.qemu:tail(5))
end

-- The ids of the netdevs of the tests: those of engine/prim/vm.c, and those that the scenario gave QEMU itself.
local function netdevs(o)
  local out = {}
  for i = 1, #o.ports do out[i] = "net" .. i - 1 end
  for i, word in ipairs(o.extra or {}) do
    if word == "-netdev" then out[#out + 1] = (o.extra[i + 1] or ""):match "id=([^,]+)" end
  end
  return out
end

local function set_links(self, is_up)
  for _, id in ipairs(netdevs(self.options)) do self.qmp:execute("set_link", { name = id, up = is_up }, 10) end
end

-- QEMU announces each NIC of a restored guest (RARP): that packet would be in the test's counters. It is made once, at
-- the end of the restore, and delivered when the guest runs: to netdevs that are down, which drop it. The guest's own
-- NICs are up, as they were saved. Not announce-rounds = 0: QEMU 7.2 dies at the next reset of a NIC then
-- (virtio_net_reset in hw/net/virtio-net.c).
local function restore(self)
  -- a restored guest goes on with what was negotiated before, whatever the backend offers now
  if features.offered(self.qmp_client) ~= self.snapshot.offers then
    fail.raise("EINVAL", "vm", "its vhost backends offer other features than when it was saved")
  end
  self.qmp:execute("migrate-set-parameters", { ["announce-rounds"] = 1 }, 10)
  set_links(self, false)
  migrate(self, "migrate-incoming", 'cat "$MOONRIG_DEVICE"')
  snapshot.release(self.snapshot)
  self.qmp:execute("cont", nil, 10)
  set_links(self, true)
  guest.log_in(self)
end

-- The test programs are in the guest's memory, nobody is logged in, and nothing moves.
local function save(self)
  guest.must_run(self, { "/usr/lib/moonrig/rest" }, { timeout = 60 })
  self.node:close()
  self.node = nil -- Vm:post_mortem: a closed session is no sign of a dead guest
  self.qmp:execute("stop", nil, 10)
  -- QEMU finishes before the reader of its pipe
  migrate(self, "migrate", 'cat >"$MOONRIG_DEVICE.part" && mv "$MOONRIG_DEVICE.part" "$MOONRIG_DEVICE"')
  fail.check(engine.await_path(self.part.device, DEVICE_SECONDS))
  snapshot.finish(self.part, self.key, self.memory, { topology = topology.about(self.options, self.accelerator),
    offers = features.offered(self.qmp_client) })
end

--- Saves the snapshot. A failure costs the next run a boot, and this run nothing.
function migration.save(self)
  local ok, err = pcall(save, self)
  if not ok then
    if fail.is_cancel(err) then error(err, 0) end
    snapshot.abandon(self.part)
    self.ctx:notice("the guest's snapshot was not saved, the next start boots again: " .. fail.what(err))
  end
  self.part = false
  self.qmp:execute("cont", nil, 10)
  guest.log_in(self)
end

-- Removes a snapshot that cannot be used, and starts another QEMU without it.
local function drop(self, why, stop)
  self.ctx:notice(why)
  snapshot.drop(self.snapshot)
  stop()
  self.snapshot, self.port = false, false
  qemu.start(self)
end

--- Restores it. True if the guest runs as it was saved; else the snapshot was removed, and QEMU waits for a boot.
function migration.restore(self)
  local ok, err
  self.ctx:span("restore", function() ok, err = pcall(restore, self) end)
  if ok then return true end
  if fail.is_cancel(err) then error(err, 0) end
  drop(self, "a snapshot of the guest does not fit, and was removed; the guest was booted: " .. fail.what(err),
    function() qemu.stop(self) end)
  qemu.connect(self)
  return false
end

--- Finds a snapshot: self.snapshot. Damage of its memory is found before QEMU reads it.
function migration.find(self)
  local found, why = snapshot.find(self.key, qemu.file(self, "device"))
  self.snapshot = found or false
  if why then self.ctx:notice("a snapshot of the guest was removed: " .. why) end
end

--- Reads its memory.
function migration.load(self)
  local ok, err = pcall(snapshot.load, self.snapshot, self.memory)
  if ok then return end
  if fail.is_cancel(err) then error(err, 0) end
  drop(self, "a snapshot of the guest was removed: " .. fail.what(err),
    function() pcall(self.qemu.close, self.qemu, 5) end)
end

return migration
