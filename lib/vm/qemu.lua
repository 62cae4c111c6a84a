--- qemu: a guest's QEMU: started with its processors stopped, its sockets awaited, ended. `self` is the VM
--- (lib/vm/vm.lua).

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local guest_memory = require "vm.guest_memory"
local identity = require "host.identity"
local snapshot = require "vm.snapshot"
local topology = require "vm.topology"

local qemu = {}

-- Until QEMU's greeting on QMP.
local QMP_SECONDS = 30

--- A path in the case's folder: several VMs in one case have files of their own.
function qemu.file(self, name) return ("%s/vm%d.%s"):format(self.ctx.scratch, self.number, name) end

-- A folder for the snapshot that this start will save; false where there is no place for one.
local function begin_snapshot(self)
  local ok, part = pcall(snapshot.begin)
  if ok then return part end
  self.ctx:notice("the guest's snapshot will not be saved, the next start boots again: " .. fail.what(part))
  return false
end

-- engine/prim/vm.c takes them away.
local function note_vectors(self, conf)
  if self.accelerator ~= "tcg" or conf.emulated_vectors then return end
  for _, port in ipairs(self.options.ports) do
    if (port.vectors or 0) > 0 then
      return self.ctx:deviation(("vectors=%d is vectors=0: an emulated guest of QEMU before 8.0 crashes with them")
        :format(port.vectors))
    end
  end
end

--- Starts QEMU, its processors stopped: as it is at power-on, or waiting for a snapshot.
function qemu.start(self)
  local o = self.options
  local conf = topology.configuration(o, { serial = self.files.serial, qmp = self.files.qmp, agent = self.files.agent,
    kernel = self.image.kernel, initrd = self.image.initrd, disk = self.image.disk, layer = self.image.layer,
    dpdk = self.dpdk.path }, self.accelerator)
  note_vectors(self, conf)
  conf.paused, conf.incoming = true, self.snapshot ~= false
  -- QEMU's layer for a user's disk is a file here that has no name
  local env = self.image.layer and { "TMPDIR=" .. self.ctx.scratch } or nil
  local memory = guest_memory.of_start(self, self.key)
  conf.memory_fd = memory and memory:fd() or nil
  -- hugepages are reserved, and few accesses take them all: beside polling lcores QEMU took 28 s for 4 GiB of them
  conf.prealloc = conf.prealloc and not o.page_size
  if self.key then
    -- a snapshot's pages are allocated already, and the others cost nothing later
    conf.prealloc = conf.prealloc and not self.snapshot
    self.part = not self.snapshot and begin_snapshot(self)
    local files = self.snapshot or self.part
    env = files and { "MOONRIG_DEVICE=" .. files.device } or nil
  end
  self.qmp_client = false
  self.qemu = fail.check(engine.vm(conf, o.ports, { name = "qemu", pipes = true, env = env })):keep()
  self.ctx:watch_console(self.qemu)
end

-- Waits for a socket of QEMU's; QEMU's last lines if it exits before.
local function await_socket(self, path, seconds)
  local why
  local watch = engine.task(function()
    local ok, err = engine.await_path(path, seconds)
    why = err
    return ok
  end)
  local death = engine.task(function()
    if pcall(self.qemu.await_exit, self.qemu, seconds) then watch:cancel() end
  end)
  local outcome = fail.check(watch:join(seconds + 1))
  death:cancel()
  local exit = self.qemu:exit()
  if exit then
    fail.raise("ECHILD", "vm", "QEMU ended at its start with " .. ending.words(exit), self.qemu:tail(10))
  end
  if not outcome[2] then
    fail.raise(fail.code(why) or "EIO", "vm", ("QEMU made no %s: %s"):format(path, tostring(why)), self.qemu:tail(10))
  end
end

-- Calls connect() until it is not refused: a socket's file exists a moment before its listener, and no event shows the
-- listener. Returns the last results of connect().
local function persist(connect, deadline)
  while true do
    local client, err = connect()
    local is_early = not client and (err.code == "ECONNREFUSED" or err.code == "EAGAIN")
    if not is_early or engine.now() > deadline then return client, err end
    fail.check(engine.elapse(0.005))
  end
end

-- QEMU's own words for it, in its output.
local function awaited_socket(self)
  return self.qemu:tail(20):match "waiting for connection on: disconnected:unix:([^,]+)"
end

-- QEMU is silent on QMP until each vhost-user port with server=true has its backend. testpmd connects once a second.
local BACKEND_SECONDS = 5

-- Connects to QMP; `patience`: for a backend that QEMU waits for.
local function connect_qmp(self, seconds, patience)
  await_socket(self, self.files.qmp, seconds)
  local deadline = engine.now() + seconds
  local client, err
  repeat
    local left = math.max(0, deadline - engine.now())
    client, err = persist(function()
      return engine.qmp(self.files.qmp, { timeout = math.min(patience, left) })
    end, deadline)
    if client then return client end
  until err.code ~= "ETIMEDOUT" or awaited_socket(self) or engine.now() >= deadline
  local waits = awaited_socket(self)
  local what = waits and ("QEMU waits for a vhost-user backend at %s, and QMP is mute until it connects: "
    .. "start testpmd with client=1 first"):format(waits)
  fail.raise(err.code, "vm", what or err.what, self.qemu:tail(10))
end

--- Its client on QMP, connected at the first use: before the launch, too, unless QEMU waits for a backend.
function qemu.client(self)
  if not self.qmp_client then
    self.qmp_client = connect_qmp(self, math.min(self.options.timeout, QMP_SECONDS), BACKEND_SECONDS)
  end
  return self.qmp_client
end

--- Connects to its serial console and to QMP.
function qemu.connect(self)
  self.ctx:span("qemu", function()
    await_socket(self, self.files.serial, 10)
    local deadline = engine.now() + 10
    self.serial = fail.check(persist(function() return engine.unix(self.files.serial, "serial") end, deadline)):keep()
    self.ctx:watch_console(self.serial)
    local seconds = math.min(self.options.timeout, QMP_SECONDS)
    self.qmp_client = self.qmp_client or connect_qmp(self, seconds, seconds)
    identity.record(self.ctx, engine.here(), self.qemu, self.options.qemu, nil, "qemu")
  end)
end

--- Stops QEMU.
function qemu.stop(self)
  pcall(self.serial.close, self.serial, 1)
  if self.qmp_client then self.qmp_client:close() end
  self.qmp_client = false
  pcall(self.qemu.close, self.qemu, 5)
  -- a wait for the next QEMU's sockets must not find these
  for _, path in pairs(self.files) do os.remove(path) end
end

return qemu
