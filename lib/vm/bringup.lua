--- bringup: a guest, from a topology to an SSH session: booted, or restored from a snapshot. `self` is the VM
--- (lib/vm/vm.lua).

local accel = require "vm.accel"
local engine = require "engine"
local fail = require "base.fail"
local guest = require "vm.guest"
local guest_memory = require "vm.guest_memory"
local image = require "host.image"
local instructions = require "vm.instructions"
local migration = require "vm.migration"
local qemu = require "vm.qemu"
local qmp = require "vm.qmp"
local snapshot = require "vm.snapshot"
local topology = require "vm.topology"
local under_test = require "host.under_test"

local bringup = {}

local function power_on(self, since)
  self.ctx:span("boot", function()
    self.qmp:execute("cont", nil, 10)
    guest.await_ready(self, self.options.timeout - (engine.now() - since))
  end)
end

-- A kernel that is stuck before any test began is booted again, once.
local function boot(self, since)
  local ok, err = pcall(power_on, self, since)
  if not ok then
    if fail.code(err) ~= "EDEADLK" then error(err, 0) end
    self.ctx:notice(err.what .. "; it was booted again")
    if self.part then snapshot.abandon(self.part) end
    qemu.stop(self)
    qemu.start(self)
    qemu.connect(self)
    power_on(self, since)
  end
  self.ctx:span("ssh", function() guest.log_in(self) end)
end

-- KVM is tested with our image, where it is there.
local function kvm_image(o)
  if o.image then return image.find() or false end
end

--- Starts QEMU for a topology (topology.options): its sockets are made, its processors do not run. Fills in `self`,
--- which has `ctx`, the case.
function bringup.prepare(self, given)
  local ctx = self.ctx
  local o = topology.options(given, ctx.scratch)
  for _, port in ipairs(o.ports) do ctx:own_socket(port.socket) end
  self.options = o
  self.snapshot, self.part, self.memory, self.key, self.port = false, false, false, false, false
  guest_memory.choose(self)
  ctx.vms = ctx.vms + 1
  self.number = ctx.vms
  local how, notice = accel.choose(o.accel, o.qemu, kvm_image(o))
  if notice then ctx:deviation(notice) end
  ctx:accelerator(how)
  self.accelerator = how
  self.image, self.lacks = o.image or image.need(), {}
  ctx:image(self.image.id)
  if how == "tcg" then instructions.check(under_test.guest_dpdk()) end
  self.dpdk = under_test.disk()
  ctx:dpdk(self.dpdk.id)
  self.files = { serial = qemu.file(self, "serial"), qmp = qemu.file(self, "qmp"),
    agent = o.agent and qemu.file(self, "qga") or nil }
  self.qmp_client = false
  self.qmp = qmp.new(function() return qemu.client(self) end)
  self.key = not ctx.is_cold and topology.key(o, self.image.id, how, self.dpdk.size)
  if self.key then migration.find(self) end
  qemu.start(self)
  if self.snapshot then migration.load(self) end
end

--- Lets the guest run, from its snapshot or from power-on, and logs in.
function bringup.launch(self)
  local since = engine.now()
  qemu.connect(self)
  if not self.snapshot or not migration.restore(self) then boot(self, since) end
  if self.part then self.ctx:span("save", function() migration.save(self) end) end
  if self.memory then self.memory:close() end
  self.ctx:span("wake", function() guest.wake(self) end)
  self.ctx:booted(self.snapshot and "snapshot" or "cold")
end

return bringup
