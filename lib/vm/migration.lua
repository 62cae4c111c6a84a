--- migration: a guest's snapshot, written and read by its QEMU. `self` is the VM (lib/vm/vm.lua).

local engine = require "engine"
local fail = require "base.fail"
local guest = require "vm.guest"
local qemu = require "vm.qemu"
local snapshot = require "vm.snapshot"
local topology = require "vm.topology"

local migration = {}

-- What it takes to read or write a state.
local STATE_SECONDS = 10

local OVER = { completed = true, failed = true, cancelled = true }

-- The status with which a migration ended; nil and an error.
local function await_migration(self, mark)
  local deadline = engine.now() + STATE_SECONDS
  while true do
    local event, err = self.qmp_client:await("MIGRATION", nil, mark, math.max(0, deadline - engine.now()))
    if not event then return nil, err end
    if OVER[event.data.status] then return event.data.status end
    -- the next one, or this one again
    mark = mark + 1
  end
end

-- A state is read or written by a command, without the memory, which is ours, in a file that both of us have.
local function migrate(self, command, shell)
  self.qmp:execute("migrate-set-capabilities", { capabilities = {
    { capability = "x-ignore-shared", state = true }, { capability = "events", state = true } } }, 10)
  local mark = self.qmp:mark()
  self.qmp:execute(command, { uri = "exec:" .. shell }, 10)
  local status, err = await_migration(self, mark)
  if status == "completed" then return end
  -- a deadline or Ctrl-C says nothing about the state
  if fail.is_cancel(err) then error(err, 0) end
  -- a QEMU that waited for a state ends without it, and answers no more
  local told = (status or err.code == "ETIMEDOUT") and self.qmp_client:execute("query-migrate", nil, 10) or {}
  local words = told["error-desc"] or status or told.status or err.what
  fail.raise("EIO", "vm", ("%s: %s"):format(command, words), self.qemu:tail(5))
end

local function restore(self)
  migrate(self, "migrate-incoming", 'cat "$MOONRIG_STATE"')
  snapshot.release(self.state)
  self.qmp:execute("cont", nil, 10)
  guest.log_in(self)
end

-- What the tests run is read into the guest's memory, nobody is logged in, and nothing moves.
local function save(self)
  guest.must_run(self, { "/usr/lib/moonrig/rest" }, { timeout = 60 })
  fail.check(self.node:close())
  -- its end is none of the guest's (Vm:post_mortem)
  self.node = nil
  self.qmp:execute("stop", nil, 10)
  -- QEMU is done before what reads its pipe is
  migrate(self, "migrate", 'cat >"$MOONRIG_STATE.part" && mv "$MOONRIG_STATE.part" "$MOONRIG_STATE"')
  fail.check(engine.await_path(self.part.device, STATE_SECONDS))
  snapshot.finish(self.part, self.key, self.memory,
    topology.about(self.options, self.accelerator))
end

--- Saves the state. One that cannot be saved costs the next run a boot, and this one nothing.
function migration.save(self)
  local ok, err = pcall(save, self)
  if not ok then
    if fail.is_cancel(err) then error(err, 0) end
    snapshot.abandon(self.part)
    self.ctx:notice("the guest's state was not saved, its next start is a boot again: "
      .. (type(err) == "table" and err.what or tostring(err)))
  end
  self.part = false
  self.qmp:execute("cont", nil, 10)
  guest.log_in(self)
end

--- Restores it. True where the guest runs as it was saved; else its state is gone, and QEMU waits for a boot.
function migration.restore(self)
  local ok, err
  self.ctx:span("restore", function() ok, err = pcall(restore, self) end)
  if ok then return true end
  if fail.is_cancel(err) then error(err, 0) end
  self.ctx:notice("a snapshot of the guest does not fit, and was removed; the guest was booted: "
    .. (type(err) == "table" and err.what or tostring(err)))
  snapshot.drop(self.state)
  qemu.stop(self)
  self.state, self.port = false, false
  qemu.start(self)
  qemu.connect(self)
  return false
end

--- Finds a snapshot: self.state. A memory that is not what was saved is found before QEMU sees it.
function migration.find(self)
  local state, why = snapshot.find(self.key, qemu.file(self, "state"))
  self.state = state or false
  if why then self.ctx:notice("a snapshot of the guest was removed: " .. why) end
end

--- Reads its memory.
function migration.load(self)
  local ok, err = pcall(snapshot.load, self.state, self.memory)
  if ok then return end
  if fail.is_cancel(err) then error(err, 0) end
  self.ctx:notice("a snapshot of the guest was removed: " .. tostring(err.what or err))
  snapshot.drop(self.state)
  self.state = false
  self.qemu:close(5)
  qemu.start(self)
end

return migration
