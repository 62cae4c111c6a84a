--- reboot: a guest that starts again in its QEMU: reset like a machine with a button, or by its own system. `self` is
--- the VM (lib/vm/vm.lua).

local engine = require "engine"
local fail = require "base.fail"
local guest = require "vm.guest"
local process = require "dpdk.process"
local sampler = require "dpdk.sampler"

local reboot = {}

-- From the request to QEMU's RESET event: a guest ends its programs first.
local RESET_SECONDS = 30

-- QEMU was started with -no-reboot, so that a kernel's panic in a boot ends it. Since QEMU 6.0.
local function on_reboot(self, action) self.qmp:execute("set-action", { reboot = action }, 10) end

local function programs_of(self)
  local out = {}
  for _, program in ipairs(self.ctx.programs) do
    if program.node == self.node then out[#out + 1] = program end
  end
  return out
end

-- An end before the reset is not the reset's.
local function refuse_early_end(programs)
  for _, program in ipairs(programs) do
    local words = program:unexpected_end()
    if words then fail.raise("EPIPE", "vm", words, program.console:tail(8)) end
  end
end

-- Asks for the reset, until QEMU has done it. Without one the machine is as before.
local function reset_by(self, ask)
  on_reboot(self, "reset")
  local ok, err = pcall(function()
    local mark = self.qmp:mark()
    ask()
    self.qmp:await("RESET", nil, mark, RESET_SECONDS)
  end)
  if ok then return end
  pcall(on_reboot, self, "shutdown")
  error(err, 0)
end

local function start_again(self, why, ask)
  local since, programs = engine.now(), programs_of(self)
  refuse_early_end(programs)
  sampler.finish_all(self.ctx, self.node)
  reset_by(self, ask)
  -- what ran in the guest has ended with it, and nobody can ask it to
  for _, program in ipairs(programs) do process.lose(program, why) end
  -- nobody answers there
  self.node:cut()
  self.node = nil -- Vm:post_mortem: a closed session is no sign of a dead guest
  self.ctx:span("boot", function() guest.await_ready(self, self.options.timeout - (engine.now() - since)) end)
  -- not before: the BIOS may reset the machine once more
  on_reboot(self, "shutdown")
  self.ctx:span("ssh", function() guest.log_in(self) end)
  self.ctx:span("wake", function() guest.wake(self) end)
end

--- Resets the machine over QMP: nothing in the guest is asked.
function reboot.reset(self)
  start_again(self, "its guest was reset", function() self.qmp:execute("system_reset", nil, 10) end)
end

--- Lets the guest's system reboot.
function reboot.from_within(self)
  start_again(self, "its guest rebooted", function()
    local r, err = fail.try(self.node.run, self.node, { "reboot" }, { timeout = RESET_SECONDS })
    -- its session may end before the command's exit status is there
    if r and not r.lost and r.code ~= 0 then fail.raise("EFAIL", "vm: reboot", "the guest refused it", r.err) end
    if fail.is_cancel(err) then error(err, 0) end
  end)
end

return reboot
