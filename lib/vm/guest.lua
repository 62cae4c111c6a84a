--- guest: a guest's system: its boot, its SSH session, what it needs before a case: of our image, or of one of the
--- user's. `self` is the VM (lib/vm/vm.lua).

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local login = require "vm.login"
local random = require "base.random"
local user_guest = require "vm.user_guest"

local guest = {}

local READY, FAILED, PANIC = "moonrig: ready", "moonrig: failed: ", "Kernel panic"

-- QEMU 7.2 under TCG, on a loaded machine, in one boot of a hundred: "watchdog: BUG: soft lockup - CPU#2 stuck for 26s!
-- [kworker/2:2:57]", from the first second on.
local LOCKUP = "soft lockup"

-- Wakes the guest up, and the most that may take.
local WAKE = 'read -r up rest </proc/uptime; echo "$up"; exec /usr/lib/moonrig/wake "$@"'
local WAKE_SECONDS = 30

-- Waits until our guest is booted.
local function await_line(self, seconds)
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

--- Waits until the guest is booted. EDEADLK: its kernel is stuck.
function guest.await_ready(self, seconds)
  local await = self.image.is_users and user_guest.await_login or await_line
  await(self, seconds)
end

--- Opens an SSH session: self.node. The readiness of a user's guest is its login.
function guest.log_in(self)
  if not self.image.is_users then login.open(self) end
end

-- Gives our guest the host's time (a boot's is the RTC's, to the second), random numbers that no other guest of its
-- snapshot has, and DPDK's disk. The same command reads the guest's clock: a second one would take as long again.
local function wake(self)
  local now, seed = engine.time(), random.hex(32)
  local before = engine.now()
  local argv = { "sh", "-c", WAKE, "wake", ("%d"):format(now), ("%d"):format(now % 1 * 1e9), seed,
    self.dpdk and self.dpdk.id or nil }
  local r = login.must_run(self, argv, { timeout = WAKE_SECONDS })
  login.align_clock(self, tonumber(r.out:match "^[%d.]+"), before, engine.now())
end

--- Makes a booted or restored guest ready for a case.
function guest.wake(self)
  local make_ready = self.image.is_users and user_guest.prepare or wake
  make_ready(self)
end

guest.must_run = login.must_run

return guest
