--- qemu: a guest's QEMU: started with its processors stopped, its sockets awaited, ended. `self` is the VM
--- (lib/vm/vm.lua).

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local identity = require "host.identity"
local qmp = require "vm.qmp"
local snapshot = require "vm.snapshot"
local topology = require "vm.topology"

local qemu = {}

-- QEMU's first words on QMP.
local QMP_SECONDS = 30

--- A path in the case's folder: several VMs in one case have files of their own.
function qemu.file(self, name)
  return ("%s/vm%d.%s"):format(self.ctx.scratch, self.number, name)
end

-- A folder for the state that this start will save; false where there is no place for one.
local function begin_state(self)
  local ok, part = pcall(snapshot.begin)
  if ok then return part end
  self.ctx:notice("the guest's state will not be saved, its next start is a boot again: "
    .. (type(part) == "table" and part.what or tostring(part)))
  return false
end

--- Starts QEMU, its processors stopped: as it is at power-on, or waiting for a state.
function qemu.start(self)
  local o = self.options
  local conf = topology.configuration(o, { serial = self.files.serial, qmp = self.files.qmp, agent = self.files.agent,
    kernel = self.image.kernel, initrd = self.image.initrd, disk = self.image.disk }, self.accelerator)
  conf.paused, conf.incoming = true, self.state ~= false
  local env
  if self.key then
    if self.memory then self.memory:close() end
    self.memory = fail.check(engine.memory(o.memory * 2 ^ 20))
    conf.memory_fd = self.memory:fd()
    -- what comes of a state is there already, and the rest is no slower later
    conf.prealloc = conf.prealloc and not self.state
    self.part = not self.state and begin_state(self)
    local kept = self.state or self.part
    env = kept and { "MOONRIG_STATE=" .. kept.device } or nil
  end
  self.qemu = fail.check(engine.vm(conf, o.ports, { name = "qemu", pipes = true, env = env })):keep()
  self.ctx:hear(self.qemu)
end

-- Waits for a socket of QEMU's; its own words where it ended instead.
local function await_socket(self, path, seconds)
  local why
  local watch = engine.task(function()
    local ok, err = engine.await_path(path, seconds)
    why = err
    return ok
  end)
  local death = engine.task(function()
    if self.qemu:await_exit(seconds) then watch:cancel() end
  end)
  local outcome = fail.check(watch:join(seconds + 1))
  death:cancel()
  local exit = self.qemu:exit()
  if exit then
    fail.raise("ECHILD", "vm", "QEMU ended at its start with " .. ending.words(exit),
      self.qemu:tail(10))
  end
  if not outcome[2] then
    fail.raise(fail.code(why) or "EIO", "vm", ("QEMU made no %s: %s"):format(path, tostring(why)), self.qemu:tail(10))
  end
end

-- Calls connect() until nobody refuses: a socket's file is there a moment before its listener, and
-- the listener's coming is no event. Returns what connect() gave last.
local function persist(connect, deadline)
  while true do
    local client, err = connect()
    local is_early = not client and (err.code == "ECONNREFUSED" or err.code == "EAGAIN")
    if not is_early or engine.now() > deadline then return client, err end
    fail.check(engine.elapse(0.005))
  end
end

-- QEMU says nothing on QMP before each vhost-user port with server=true has its backend.
local function connect_qmp(self, seconds)
  await_socket(self, self.files.qmp, seconds)
  local deadline = engine.now() + seconds
  local client, err = persist(function()
    return engine.qmp(self.files.qmp, { timeout = math.max(0, deadline - engine.now()) })
  end, deadline)
  if client then return client end
  local waits = self.qemu:tail(20):match "waiting for connection on: disconnected:unix:([^,]+)"
  local what = waits and ("QEMU waits for a vhost-user backend at %s: start testpmd with client=1 first"):format(waits)
  fail.raise(err.code, "vm", what or err.what, self.qemu:tail(10))
end

--- Connects to its serial console and to QMP.
function qemu.connect(self)
  self.ctx:span("qemu", function()
    await_socket(self, self.files.serial, 10)
    local deadline = engine.now() + 10
    self.serial = fail.check(persist(function() return engine.unix(self.files.serial, "serial") end, deadline)):keep()
    self.ctx:hear(self.serial)
    self.qmp_client = connect_qmp(self, math.min(self.options.timeout, QMP_SECONDS))
    self.qmp = qmp.new(self.qmp_client)
    identity.record(self.ctx, engine.here(), self.qemu, self.options.qemu)
  end)
end

--- Ends it.
function qemu.stop(self)
  self.serial:close(1)
  self.qmp_client:close()
  self.qemu:close(5)
  -- whoever waits for the next one's sockets must not find these
  for _, path in pairs(self.files) do os.remove(path) end
end

return qemu
