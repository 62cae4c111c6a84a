--- bringup: a guest, from a topology to an SSH session: booted, or restored from a snapshot.

local accel = require "vm.accel"
local engine = require "engine"
local fail = require "base.fail"
local identity = require "host.identity"
local image = require "host.image"
local qmp = require "vm.qmp"
local topology = require "vm.topology"
local snapshot = require "vm.snapshot"

local bringup = {}

local READY, FAILED, PANIC = "moonrig: ready", "moonrig: failed: ", "Kernel panic"

-- QEMU 7.2 under TCG, on a loaded machine, in one boot of a hundred: "watchdog: BUG: soft lockup - CPU#2 stuck for 26s!
-- [kworker/2:2:57]", from the first second on.
local LOCKUP = "soft lockup"

-- QEMU's first words on QMP, and what it takes to read or write a state.
local QMP_SECONDS, STATE_SECONDS = 30, 10

-- Several VMs in one case have files of their own.
local function file_in(ctx, name)
  return ("%s/vm%d.%s"):format(ctx.scratch, ctx.vms, name)
end

-- A folder for the state that this start will save; false where there is no place for one.
local function begin_state(self)
  local ok, part = pcall(snapshot.begin)
  if ok then return part end
  self.ctx.notice("the guest's state will not be saved, its next start is a boot again: "
    .. (type(part) == "table" and part.what or tostring(part)))
  return false
end

-- QEMU, its processors stopped: as it is at power-on, or waiting for a state.
local function start_qemu(self)
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
  local before, which = self.serial:expect({ READY, FAILED, PANIC, LOCKUP }, seconds)
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
  if which == 4 then fail.raise("EDEADLK", "vm", "the guest's kernel is stuck in its boot: soft lockup" .. rest) end
  fail.raise("ECHILD", "vm", (which == 2 and FAILED or PANIC) .. rest, self.serial:tail(10))
end

-- The port of 127.0.0.1 that QEMU's user network was given by the kernel.
local function forwarded_port(self)
  local text = self.qmp:execute("human-monitor-command", { ["command-line"] = "info usernet" }, 10)
  local port = type(text) == "string" and text:match("HOST_FORWARD[^\n]-127%.0%.0%.1%s+(%d+)%s")
  if not port then fail.raise("EPROTO", "vm", "QEMU does not say its SSH port", tostring(text)) end
  return tonumber(port)
end

local function log_in(self)
  self.port = self.port or forwarded_port(self)
  self.node = fail.check(engine.ssh { name = "vm", host = "127.0.0.1", port = self.port, user = "root",
    key = self.image.key, host_key = self.image.host_key, timeout = self.options.ssh_timeout })
end

local function must_run(self, argv, given)
  local r = fail.check(self.node:run(argv, given))
  if r.code ~= 0 then
    fail.raise("EFAIL", "vm", ("%s in the guest ended with %s"):format(argv[1], tostring(r.code or r.signal)), r.err)
  end
  return r
end

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
  if fail.is_interruption(err) then error(err, 0) end
  -- a QEMU that waited for a state ends without it, and answers no more
  local told = (status or err.code == "ETIMEDOUT") and self.qmp_client:execute("query-migrate", nil, 10) or {}
  local words = told["error-desc"] or status or told.status or err.what
  fail.raise("EIO", "vm", ("%s: %s"):format(command, words), self.qemu:tail(5))
end

-- /proc/uptime goes in steps of 10 ms.
local UPTIME_STEP = 0.01

-- When the guest's clock, which its kernel's messages have, was 0: it was read between two moments of ours.
local function align_clock(self, uptime, before, after)
  if not uptime then return end
  self.ctx.guest_clock(self.serial:name(), (before + after) / 2 - uptime, (after - before + UPTIME_STEP) / 2)
end

-- The host's time (a boot's is the RTC's, to the second), and random numbers that no other guest of its state has. On
-- the way the guest's clock is read: a command of its own would take as long again.
local function wake(self)
  local now, source = engine.time(), assert(io.open("/dev/urandom", "rb"))
  local seed = source:read(32):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  source:close()
  local before = engine.now()
  local r = must_run(self, { "sh", "-c", 'read -r up rest </proc/uptime; echo "$up"; exec /usr/lib/moonrig/wake "$@"',
    "wake", ("%d"):format(now), ("%d"):format(now % 1 * 1e9), seed }, { timeout = QMP_SECONDS })
  align_clock(self, tonumber(r.out:match "^[%d.]+"), before, engine.now())
end

local function restore(self)
  migrate(self, "migrate-incoming", 'cat "$MOONRIG_STATE"')
  snapshot.release(self.state)
  self.qmp:execute("cont", nil, 10)
  log_in(self)
end

local function end_qemu(self)
  self.serial:close(1)
  self.qmp_client:close()
  self.qemu:close(5)
  -- whoever waits for the next one's sockets must not find these
  for _, path in pairs(self.files) do os.remove(path) end
end

local function power_on(self, since)
  self.ctx.span("boot", function()
    self.qmp:execute("cont", nil, 10)
    await_ready(self, self.options.timeout - (engine.now() - since))
  end)
end

-- What the tests run is read into the guest's memory, nobody is logged in, and nothing moves.
local function save(self)
  must_run(self, { "/usr/lib/moonrig/rest" }, { timeout = 60 })
  fail.check(self.node:close())
  -- its end is none of the guest's (Vm:obituary)
  self.node = nil
  self.qmp:execute("stop", nil, 10)
  -- QEMU is done before what reads its pipe is
  migrate(self, "migrate", 'cat >"$MOONRIG_STATE.part" && mv "$MOONRIG_STATE.part" "$MOONRIG_STATE"')
  fail.check(engine.await_path(self.part.device, STATE_SECONDS))
  snapshot.finish(self.part, self.key, self.memory,
    topology.about(self.options, self.accelerator))
end

-- A state that cannot be saved costs the next run a boot, and this one nothing.
local function try_to_save(self)
  local ok, err = pcall(save, self)
  if not ok then
    if fail.is_interruption(err) then error(err, 0) end
    snapshot.abandon(self.part)
    self.ctx.notice("the guest's state was not saved, its next start is a boot again: "
      .. (type(err) == "table" and err.what or tostring(err)))
  end
  self.part = false
  self.qmp:execute("cont", nil, 10)
  log_in(self)
end

local function await_qemu(self)
  self.ctx.span("qemu", function()
    await_socket(self, self.files.serial, 10)
    local deadline = engine.now() + 10
    self.serial = fail.check(persist(function() return engine.unix(self.files.serial, "serial") end, deadline)):keep()
    self.ctx.hear(self.serial)
    self.qmp_client = connect_qmp(self, math.min(self.options.timeout, QMP_SECONDS))
    self.qmp = qmp.new(self.qmp_client)
    identity.record(self.ctx, engine.here(), self.qemu, self.options.qemu)
  end)
end

-- True where the guest runs as it was saved; else its state is gone, and QEMU waits for a boot.
local function try_to_restore(self)
  local ok, err
  self.ctx.span("restore", function() ok, err = pcall(restore, self) end)
  if ok then return true end
  if fail.is_interruption(err) then error(err, 0) end
  self.ctx.notice("a snapshot of the guest does not fit, and was removed; the guest was booted: "
    .. (type(err) == "table" and err.what or tostring(err)))
  snapshot.drop(self.state)
  end_qemu(self)
  self.state, self.port = false, false
  start_qemu(self)
  await_qemu(self)
  return false
end

-- A memory that is not what was saved is found before QEMU sees it.
local function find_state(self)
  local state, why = snapshot.find(self.key, file_in(self.ctx, "state"))
  self.state = state or false
  if why then self.ctx.notice("a snapshot of the guest was removed: " .. why) end
end

local function load_state(self)
  local ok, err = pcall(snapshot.load, self.state, self.memory)
  if ok then return end
  if fail.is_interruption(err) then error(err, 0) end
  self.ctx.notice("a snapshot of the guest was removed: " .. tostring(err.what or err))
  snapshot.drop(self.state)
  self.state = false
  self.qemu:close(5)
  start_qemu(self)
end

-- A kernel that is stuck before any test began is tried again, once.
local function boot(self, since)
  local ok, err = pcall(power_on, self, since)
  if not ok then
    if fail.code(err) ~= "EDEADLK" then error(err, 0) end
    self.ctx.notice(err.what .. "; it was booted again")
    if self.part then snapshot.abandon(self.part) end
    end_qemu(self)
    start_qemu(self)
    await_qemu(self)
    power_on(self, since)
  end
  self.ctx.span("ssh", function() log_in(self) end)
end

--- Starts QEMU for a topology (topology.options): its sockets come to be, its processors do not run. Fills in `self`,
--- which has `ctx`, the case.
function bringup.prepare(self, given)
  local ctx = self.ctx
  local o = topology.options(given, ctx.scratch)
  for _, port in ipairs(o.ports) do ctx.own_socket(port.socket) end
  self.options = o
  -- of a snapshot; none of them is there for each guest
  self.state, self.part, self.memory, self.key, self.port = false, false, false, false, false
  ctx.vms = (ctx.vms or 0) + 1
  local how, notice = accel.choose(o.accel, o.qemu, o.image)
  if notice then ctx.notice(notice) end
  ctx.accelerator(how)
  self.accelerator = how
  self.image = o.image or image.need()
  if self.image.id then ctx.image(self.image.id) end
  self.files = { serial = file_in(ctx, "serial"), qmp = file_in(ctx, "qmp"),
    agent = o.agent and file_in(ctx, "qga") or nil }
  self.key = not ctx.cold and topology.key(o, self.image.id, how)
  if self.key then find_state(self) end
  start_qemu(self)
  if self.state then load_state(self) end
end

--- Lets the guest run, from its snapshot or from power-on, and logs in.
function bringup.launch(self)
  local since = engine.now()
  await_qemu(self)
  if not self.state or not try_to_restore(self) then boot(self, since) end
  if self.part then self.ctx.span("save", function() try_to_save(self) end) end
  if self.memory then self.memory:close() end
  if self.image.id then self.ctx.span("wake", function() wake(self) end) end
  self.ctx.booted(self.state and "snapshot" or "cold")
end

return bringup
