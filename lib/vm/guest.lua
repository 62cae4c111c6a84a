--- guest: a guest's system: its boot, its SSH session, its clock. `self` is the VM (lib/vm/vm.lua).

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local random = require "base.random"

local guest = {}

local READY, FAILED, PANIC = "moonrig: ready", "moonrig: failed: ", "Kernel panic"

-- QEMU 7.2 under TCG, on a loaded machine, in one boot of a hundred: "watchdog: BUG: soft lockup - CPU#2 stuck for 26s!
-- [kworker/2:2:57]", from the first second on.
local LOCKUP = "soft lockup"

-- Wakes the guest up, and the most that may take.
local WAKE = 'read -r up rest </proc/uptime; echo "$up"; exec /usr/lib/moonrig/wake "$@"'
local WAKE_SECONDS = 30

-- /proc/uptime goes in steps of 10 ms.
local UPTIME_STEP = 0.01

--- Waits until the guest is booted. EDEADLK: its kernel is stuck.
function guest.await_ready(self, seconds)
  local serial, qemu = self.serial, self.qemu
  local before, which = fail.try(serial.expect, serial, { READY, FAILED, PANIC, LOCKUP },
    { timeout = seconds, from = "last" })
  if not before then
    local err = which
    local exit = not fail.is_cancel(err) and fail.try(qemu.await_exit, qemu, err.code == "EPIPE" and 2 or 0)
    if exit then
      fail.raise("ECHILD", "vm", "QEMU ended during the boot with " .. ending.words(exit), qemu:tail(10))
    end
    fail.raise(err.code, "vm", "the guest did not boot: " .. err.what, err.tail)
  end
  if which == 1 then return end
  local rest = fail.try(serial.expect, serial, "\n", 1) or ""
  if which == 4 then fail.raise("EDEADLK", "vm", "the guest's kernel is stuck in its boot: soft lockup" .. rest) end
  fail.raise("ECHILD", "vm", (which == 2 and FAILED or PANIC) .. rest, serial:tail(10))
end

-- The port of 127.0.0.1 that QEMU's user network was given by the kernel.
local function forwarded_port(self)
  local text = self.qmp:execute("human-monitor-command", { ["command-line"] = "info usernet" }, 10)
  local port = type(text) == "string" and text:match("HOST_FORWARD[^\n]-127%.0%.0%.1%s+(%d+)%s")
  if not port then fail.raise("EPROTO", "vm", "QEMU reports no SSH port", tostring(text)) end
  return tonumber(port)
end

--- Opens an SSH session: self.node.
function guest.log_in(self)
  self.port = self.port or forwarded_port(self)
  self.node = fail.check(engine.ssh { name = "vm", host = "127.0.0.1", port = self.port, user = "root",
    key = self.image.key, host_key = self.image.host_key, timeout = self.options.ssh_timeout })
end

--- Runs a command that must succeed: node:run's answer.
function guest.must_run(self, argv, given)
  local r = self.node:run(argv, given)
  if r.code ~= 0 then
    fail.raise("EFAIL", "vm", ("%s in the guest ended with %s"):format(argv[1], ending.words(r)), r.err)
  end
  return r
end

-- Records when the clock of the guest's kernel messages was 0. It was read between two moments of our clock.
local function align_clock(self, uptime, before, after)
  if not uptime then return end
  self.ctx:guest_clock(self.serial:name(), (before + after) / 2 - uptime, (after - before + UPTIME_STEP) / 2)
end

--- Gives the guest the host's time (a boot's is the RTC's, to the second), random numbers that no other guest of its
--- snapshot has, and DPDK's disk. The same command reads the guest's clock: a second one would take as long again.
function guest.wake(self)
  local now, seed = engine.time(), random.hex(32)
  local before = engine.now()
  local argv = { "sh", "-c", WAKE, "wake", ("%d"):format(now), ("%d"):format(now % 1 * 1e9), seed,
    self.dpdk and self.dpdk.id or nil }
  local r = guest.must_run(self, argv, { timeout = WAKE_SECONDS })
  align_clock(self, tonumber(r.out:match "^[%d.]+"), before, engine.now())
end

return guest
