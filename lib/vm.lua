--- vm: a QEMU guest: brought up, reached by SSH, driven over QMP.

local accel = require "accel"
local devbind = require "devbind"
local eal = require "eal"
local engine = require "engine"
local fail = require "fail"
local hotplug = require "hotplug"
local identity = require "identity"
local image = require "image"
local mp = require "mp"
local options = require "options"
local stats = require "stats"

local vm = {}

local SPEC = {
  profile = { "string", "default" }, cpus = { "number" }, memory = { "number" },
  hugepages = { "number" }, hugepage_path = { "string" }, ports = { "table", {} },
  accel = { "string", "auto" }, agent = { "boolean", true }, vnc = { "string" }, iommu = { "boolean", true },
  qemu = { "string", "qemu-system-x86_64" }, image = { "table" }, append = { "string" },
  extra = { "table" }, slots = { "number", 0 }, timeout = { "number", 120 }, ssh_timeout = { "number", 30 },
}

local PORT = { socket = { "string", needed = true }, mac = { "string", needed = true },
  server = { "boolean", true }, queues = { "number", 1 }, mrg_rxbuf = { "boolean", true },
  csum = { "boolean", true }, mq = { "boolean" }, vectors = { "number" }, addr = { "string" } }

local Vm = {}
local class = options.class("vm", Vm)

local READY, FAILED, PANIC = "moonrig: ready", "moonrig: failed: ", "Kernel panic"

local function port_options(list, scratch)
  local out = {}
  for i, given in ipairs(list) do
    local p = options.take("vm port " .. i, given, PORT)
    if p.mq == nil then p.mq = p.queues > 1 end
    if not p.socket:find("^/") then p.socket = scratch .. "/" .. p.socket end
    out[i] = p
  end
  return out
end

-- Several VMs in one case have files of their own.
local function file_in(ctx, name)
  ctx.vms = ctx.vms or 0
  return ("%s/vm%d.%s"):format(ctx.scratch, ctx.vms, name)
end

local function fill(o, profile)
  for _, key in ipairs { "cpus", "memory", "hugepages" } do
    if o[key] == nil then o[key] = profile[key] end
  end
  return o
end

local function kernel_words(o, profile)
  local words = {}
  for i, word in ipairs(profile.append) do words[i] = word end
  words[#words + 1] = "moonrig.mgmt=" .. profile.mgmt_mac
  words[#words + 1] = "moonrig.hugepages=" .. o.hugepages
  words[#words + 1] = o.iommu and profile.append_iommu or nil
  words[#words + 1] = o.append
  return words
end

local function start_qemu(self, o, how, profile)
  local img = o.image or image.need()
  local append = kernel_words(o, profile)
  self.image = img
  if img.id then self.ctx.image(img.id) end
  self.files = { serial = file_in(self.ctx, "serial"), qmp = file_in(self.ctx, "qmp"),
    agent = o.agent and file_in(self.ctx, "qga") or nil }
  self.qemu = fail.check(engine.vm({
    program = o.qemu, accel = how, cpu = profile.cpu[how], cpus = o.cpus, memory = o.memory,
    machine = profile.machine, iommu = o.iommu and profile.iommu or nil, prealloc = profile.prealloc,
    disk_addr = profile.addr.disk, mgmt_addr = profile.addr.mgmt, serial_addr = profile.addr.serial,
    kernel = img.kernel, initrd = img.initrd, disk = img.disk, append = table.concat(append, " "),
    serial = self.files.serial, qmp = self.files.qmp, agent = self.files.agent, vnc = o.vnc,
    mgmt_mac = profile.mgmt_mac, slots = o.slots, memory_path = o.hugepage_path, extra = o.extra or {},
    name = "qemu", pipes = true,
  }, port_options(o.ports, self.ctx.scratch))):keep()
  self.ctx.hear(self.qemu)
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
    fail.raise("ECHILD", "vm", "QEMU ended at its start, exit status " .. tostring(exit.code or exit.signal),
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

local function await_ready(self, seconds)
  local before, which = self.serial:expect({ READY, FAILED, PANIC }, seconds)
  if not before then
    local err = which
    local exit = err.code ~= "ECANCELED" and self.qemu:await_exit(err.code == "EPIPE" and 2 or 0)
    if exit then
      fail.raise("ECHILD", "vm", "QEMU ended during the boot, exit status " .. tostring(exit.code or exit.signal),
        self.qemu:tail(10))
    end
    fail.raise(err.code, "vm", "the guest did not come up: " .. err.what, err.tail)
  end
  if which == 1 then return end
  local rest = self.serial:expect("\n", 1) or ""
  fail.raise("ECHILD", "vm", (which == 2 and FAILED or PANIC) .. rest, self.serial:tail(10))
end

-- The port of 127.0.0.1 that QEMU's user network was given by the kernel.
local function forwarded_port(self)
  local text = self.qmp:execute("human-monitor-command", { ["command-line"] = "info usernet" }, 10)
  local port = type(text) == "string" and text:match("HOST_FORWARD[^\n]-127%.0%.0%.1%s+(%d+)%s")
  if not port then fail.raise("EPROTO", "vm", "QEMU does not say its SSH port", tostring(text)) end
  return tonumber(port)
end

local function connect(self, o)
  self.port = forwarded_port(self)
  self.node = fail.check(engine.ssh { name = "vm", host = "127.0.0.1", port = self.port, user = "root",
    key = self.image.key, host_key = self.image.host_key, timeout = o.ssh_timeout })
end

--- Brings a VM up from a topology: starts QEMU, waits for the guest's ready line, logs in.
--- `ctx` is the case. Options: see SPEC, or a profile's name; ports: see PORT. A vhost-user port with server=true
--- blocks QEMU until its backend connects: start testpmd first.
function vm.start(ctx, given)
  if type(given) == "string" then given = { profile = given } end
  local o = options.take("vm", given, SPEC)
  local profile = vm.profile(o.profile)
  fill(o, profile)
  ctx.vms = (ctx.vms or 0) + 1
  local how, notice = accel.choose(o.accel, o.qemu, o.image)
  if notice then ctx.notice(notice) end
  ctx.accelerator(how)
  local self = setmetatable({ ctx = ctx, options = o }, class)
  ctx.machines[#ctx.machines + 1] = self
  local since = engine.now()
  ctx.span("qemu", function()
    start_qemu(self, o, how, profile)
    await_socket(self, self.files.serial, 10)
    local deadline = engine.now() + 10
    self.serial = fail.check(persist(function() return engine.unix(self.files.serial, "serial") end, deadline)):keep()
    ctx.hear(self.serial)
    self.qmp_client = connect_qmp(self, math.min(o.timeout, 30))
    identity.record(ctx, engine.here(), self.qemu, o.qemu)
  end)
  self.qmp = { execute = function(_, ...) return fail.check(self.qmp_client:execute(...)) end,
    mark = function() return self.qmp_client:mark() end,
    await = function(_, ...) return fail.check(self.qmp_client:await(...)) end }
  ctx.span("boot", function() await_ready(self, o.timeout - (engine.now() - since)) end)
  ctx.span("ssh", function() connect(self, o) end)
  return self
end

--- A machine profile of vm/profiles.lua by name.
function vm.profile(name)
  local profiles = dofile(engine.home() .. "/vm/profiles.lua")
  if not profiles[name] then error(("vm: there is no profile %q in vm/profiles.lua"):format(name), 0) end
  return profiles[name]
end

--- Runs a command in the guest to its end: { code, signal, out, err }. Raises when it cannot run.
function Vm:run(argv, given)
  return fail.check(self.node:run(argv, given))
end

--- Binds devices (an array of PCI addresses) to a driver in the guest, in one call.
function Vm:bind(devices, driver, given)
  return devbind.bind(self.node, devices, driver or "vfio-pci", given)
end

-- Behind the virtual IOMMU the guest's NICs take physical addresses (the NIC is told of none).
local function mp_options(given)
  local o = {}
  for key, value in pairs(given) do o[key] = value end
  o.iova_mode = o.iova_mode or "pa"
  return o
end

--- Starts a DPDK process in the guest (see lib/mp.lua).
function Vm:mp(given)
  return mp.start(self.ctx, self.node, mp_options(given))
end

--- Starts hotplug_mp in the guest (see lib/hotplug.lua).
function Vm:hotplug_mp(given)
  return hotplug.start(self.ctx, self.node, mp_options(given))
end

--- The telemetry of the guest's primary process with this file prefix: one that the case started, where it
--- started any with that.
function Vm:telemetry(prefix)
  local path, programs = eal.telemetry_path("/var/run/dpdk", prefix or "rte"), {}
  for _, program in ipairs(self.ctx.programs) do
    local is_its = program.node == self.node and program.telemetry_path == path
    if is_its and not program.console:exit() then programs[#programs + 1] = program end
  end
  if #programs == 0 then return stats.telemetry(self.node, path, 20) end
  return stats.telemetry_of(programs, self.node, path, 20)
end

--- Asks the guest agent: vm:agent "guest-ping".
function Vm:agent(command, arguments)
  if not self.files.agent then fail.raise("ENOTSUP", "vm: agent", "this VM has no guest-agent channel") end
  if not rawget(self, "agent_client") then
    self.agent_client = fail.check(engine.qmp(self.files.agent, { agent = true, name = "agent", timeout = 20 }))
  end
  return fail.check(self.agent_client:execute(command, arguments, 20))
end

--- Unplugs a device by its QEMU id ("nic0") and waits until the guest has let it go. Stop traffic
--- first: device_del under full traffic was seen to panic a guest.
function Vm:unplug(id, seconds)
  local mark = self.qmp:mark()
  self.qmp:execute("device_del", { id = id }, 10)
  return self.qmp:await("DEVICE_DELETED", { device = id }, mark, seconds or 20)
end

--- Plugs a device: vm:plug{ driver = "virtio-net-pci", id = "nic1", netdev = "net1", ... }.
function Vm:plug(arguments)
  return self.qmp:execute("device_add", arguments, 10)
end

-- What a guest that lives needs at most for a command that does nothing.
local ANSWER_SECONDS = 10

-- An end is known a moment after what it breaks.
local REAP_SECONDS = 3

--- Why whatever reaches into this VM fails: words about its end or its kernel's, nil where it lives.
function Vm:obituary()
  local serial, qemu = rawget(self, "serial"), rawget(self, "qemu")
  local said = serial and serial:tail(100) or ""
  local panic, lost = said:match "Kernel panic[^\r\n]*", said:match "[^\r\n]*I/O error[^\r\n]*"
  if panic then return "the guest's kernel is gone: " .. panic end
  if lost then return "the guest's kernel says: " .. lost end
  local exit = qemu and qemu:await_exit(REAP_SECONDS)
  if exit then
    return "QEMU ended with " .. (exit.signal and "signal " .. exit.signal or "exit status " .. tostring(exit.code))
  end
  local node = rawget(self, "node")
  if not node then return nil end
  local is_open, answer, err = pcall(node.run, node, { "true" }, { timeout = ANSWER_SECONDS })
  if not is_open then return "the guest's SSH session is over" end
  if not answer then return "the guest does not answer on SSH: " .. tostring(err.what) end
end

--- Ends the VM over QMP, and waits.
function Vm:quit(seconds)
  if not self.qemu:exit() then
    self.qmp_client:execute("quit", nil, 5)
    fail.check(self.qemu:await_exit(seconds or 10))
  end
end

return vm
