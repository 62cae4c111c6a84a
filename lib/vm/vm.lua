--- vm: a QEMU guest: brought up, reached by SSH, driven over QMP.

local ending = require "base.ending"
local bringup = require "vm.bringup"
local devbind = require "dpdk.devbind"
local eal = require "dpdk.eal"
local engine = require "engine"
local fail = require "base.fail"
local hotplug = require "dpdk.hotplug"
local mp = require "dpdk.mp"
local options = require "base.options"
local reboot = require "vm.reboot"
local sampler = require "dpdk.sampler"
local stats = require "dpdk.stats"
local testpmd = require "dpdk.testpmd"

local vm = {}

-- Their contracts are lib/help/stubs/vm.lua and prepared_vm.lua.
local Vm, Prepared = {}, {}

-- Scenarios use `node`, `qmp` and `options`; nil until they are known.
local FIELDS = { "ctx", "options", "number", "accelerator", "image", "files", "snapshot", "part", "key", "memory",
  "port", "dpdk", "lacks", "qemu", "serial", "qmp_client", "qmp", "node", "agent_client",
  "is_silent", "is_stuck", "is_quit" }

local class = options.class("vm", Vm, nil, FIELDS)
local prepared_class = options.class("prepared_vm", Prepared, "prepared vm", { "vm", "qmp", "is_launched" })

vm.profile = require("vm.topology").profile

--- Starts QEMU for a topology; the guest does not run yet. Its sockets exist for their backends, and its snapshot is
--- read meanwhile. `ctx` is the case. Options: engine/prim/vm.c, or a profile's name. `snapshot` = false boots the
--- guest; otherwise it is restored from the snapshot of the first boot of the topology (topology.key: some have none).
function vm.prepare(ctx, given)
  local self = setmetatable({ ctx = ctx }, class)
  bringup.prepare(self, given)
  ctx.machines[#ctx.machines + 1] = self
  return setmetatable({ vm = self, qmp = self.qmp }, prepared_class)
end

function Prepared:launch()
  if self.is_launched then fail.misuse "prepared_vm:launch(): it was launched already" end
  self.is_launched = true
  bringup.launch(self.vm)
  return self.vm
end

--- Brings a VM up from a topology: vm.prepare, and launch.
function vm.start(ctx, given) return vm.prepare(ctx, given):launch() end

function Vm:run(argv, given) return self.node:run(argv, given) end

-- What a user's guest has not.
local function refuse_lack(self, op, what)
  if self.lacks[what] then fail.raise("ENODEV", op, self.lacks[what]) end
end

function Vm:bind(devices, driver, given)
  refuse_lack(self, "vm: bind", driver or "vfio-pci")
  if (given or {}).how == "devbind" then refuse_lack(self, "vm: bind", "dpdk-devbind.py") end
  return devbind.bind(self.node, devices, driver or "vfio-pci", given)
end

function Vm:testpmd(given) return testpmd.start(self.ctx, given, self.node) end

function Vm:mp(given) return mp.start(self.ctx, given, self.node) end

function Vm:hotplug_mp(given) return hotplug.start(self.ctx, given, self.node) end

function Vm:telemetry(prefix)
  local path, programs = eal.telemetry_path("/var/run/dpdk", prefix or "rte"), {}
  for _, program in ipairs(self.ctx.programs) do
    local is_its = program.node == self.node and program.telemetry_path == path
    if is_its and not program.console:exit() then programs[#programs + 1] = program end
  end
  if #programs == 0 then return stats.telemetry(self.node, path, 20) end
  return stats.telemetry_of(programs, self.node, path, 20)
end

function Vm:agent(command, arguments)
  if not self.files.agent then fail.raise("ENOTSUP", "vm: agent", "this VM has no guest-agent channel") end
  refuse_lack(self, "vm: agent", "qemu-ga")
  if not self.agent_client then
    self.agent_client = fail.check(engine.qmp(self.files.agent, { agent = true, name = "agent", timeout = 20 }))
  end
  return fail.check(self.agent_client:execute(command, arguments, 20))
end

function Vm:unplug(id, seconds)
  sampler.finish_all(self.ctx, self.node)
  local mark = self.qmp:mark()
  self.qmp:execute("device_del", { id = id }, 10)
  return self.qmp:await("DEVICE_DELETED", { device = id }, mark, seconds or 20)
end

function Vm:plug(arguments)
  sampler.finish_all(self.ctx, self.node)
  return self.qmp:execute("device_add", arguments, 10)
end

function Vm:reset() reboot.reset(self) end

function Vm:reboot() reboot.from_within(self) end

-- The most that a running guest needs for a command that does nothing, and that QEMU needs for one of QMP.
local ANSWER_SECONDS, STATUS_SECONDS = 10, 3

-- QEMU's exit is seen a moment after the connections that it breaks.
local REAP_SECONDS = 3

local function end_of(qemu, seconds)
  local exit = qemu and fail.try(qemu.await_exit, qemu, seconds)
  return exit and "QEMU ended with " .. ending.words(exit) or nil
end

-- Why a guest cannot answer, of what QEMU (qmp: the engine's client) reports of it; nil where it runs. Second value:
-- QEMU does not answer either.
local function why_halted(qemu, qmp)
  local is_open, status, err = pcall(qmp.execute, qmp, "query-status", nil, STATUS_SECONDS)
  if is_open and status then
    return not status.running and "the guest does not run, QEMU's status is " .. tostring(status.status) or nil
  end
  local is_late = is_open and err.code == "ETIMEDOUT"
  return end_of(qemu, is_late and 0 or REAP_SECONDS) or not is_open and "QEMU's monitor is closed"
    or "QEMU does not answer on QMP: " .. tostring(err.what), true
end

--- Why a guest with this `node` (nil: nobody has logged in) does not answer, as text; nil if it answers. Then QEMU
--- runs, and its exit is not awaited. `qmp`: the engine's client; nil: QEMU still waits for its backends. Second value:
--- QEMU does not answer either.
function vm.why_silent(qemu, node, qmp)
  if not qmp or qemu:exit() then return end_of(qemu, 0) end
  if not node then return end_of(qemu, REAP_SECONDS) end
  local halted, is_stuck = why_halted(qemu, qmp)
  if halted then return halted, is_stuck end
  local is_open, answer, err = pcall(fail.try, node.run, node, { "true" }, { timeout = ANSWER_SECONDS })
  if is_open and answer then return nil end
  return end_of(qemu, REAP_SECONDS) or not is_open and "the guest's SSH session is closed"
    or "the guest does not answer on SSH: " .. tostring(err.what)
end

--- The line on its serial console with which a guest's kernel reports why it fails, or nil; and true if it must be the
--- cause of all other failures.
function vm.kernel_failure(serial)
  local text = serial:tail(100)
  local panic, lost = text:match "Kernel panic[^\r\n]*", text:match "[^\r\n]*I/O error[^\r\n]*"
  if panic then return ("the guest's kernel stopped (%s.log): %s"):format(serial:name(), panic), true end
  if lost then return ("the guest's kernel logged (%s.log): %s"):format(serial:name(), lost) end
end

--- Why access to this VM fails: its kernel's failure or QEMU's exit as text, nil if it runs; and true if it must be the
--- cause of all other failures.
function Vm:post_mortem()
  local words, is_cause
  if self.serial then words, is_cause = vm.kernel_failure(self.serial) end
  if words then return words, is_cause end
  self.ctx:span("does the guest still answer", function()
    words, self.is_stuck = vm.why_silent(self.qemu, self.node, self.qmp_client)
  end, true)
  self.is_silent = words ~= nil
  if not self.is_quit then return words, words ~= nil and words:find "^QEMU ended" ~= nil end
end

-- Sets is_silent and is_stuck (QEMU does not answer either), where post_mortem has not.
local function look(self)
  if self.is_silent then return end
  local halted
  halted, self.is_stuck = why_halted(self.qemu, self.qmp_client)
  self.is_silent = halted ~= nil or self.serial and select(2, vm.kernel_failure(self.serial))
end

--- At its end: a guest that cannot answer is not asked to end its programs, and a QEMU that waits for a backend, and
--- takes no signal but SIGKILL meanwhile, is killed. Both would be waited for.
function Vm:let_go()
  if not self.qemu or self.qemu:exit() then return end
  if self.qmp_client then look(self) else self.is_stuck = true end
  if self.is_silent and self.node then self.node:cut() end
  if self.is_stuck then self.qemu:signal "KILL" end
end

function Vm:quit(seconds)
  self.is_quit = true
  if self.qemu:exit() then return end
  -- before the launch, QEMU may wait for a backend
  if not self.qmp_client then return self.qemu:close(seconds or 10) end
  self.qmp_client:execute("quit", nil, 5)
  self.qemu:await_exit(seconds or 10)
end

return vm
