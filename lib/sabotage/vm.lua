-- vm: faults on the real VM: QMP, SSH, the serial console, the guest and the programs in it. Data for relay.lua.

local hooks = dofile(debug.getinfo(1, "S").source:match "^@(.*)/" .. "/hooks.lua")

local QEMU = "qemu-system-x86_64"
local SYMMETRIC, HOTPLUG, GUEST = "vdev_primary_secondary/symmetric", "vdev_primary_secondary/hotplug", "smoke/vm"
local NIC, OTHER_NIC = "0000:00:05.0", "0000:00:06.0"

local function fault(where, name, reason, run, o)
  o.name, o.reason, o.run, o.where, o.program = name, reason, run, where, o.program or QEMU
  return o
end

local function on_socket(kind)
  return function(name, reason, socket, o)
    socket.kind, o = kind, o or {}
    o.socket = socket
    return fault(kind:upper(), name, reason, GUEST, o)
  end
end

local qmp, ssh = on_socket "qmp", on_socket "ssh"

-- Hooks: fn(text, io) changes the reply to this command of QMP.
local function reply_to(command, fn)
  return { input = function(text, io)
    if text:find(command, 1, true) then io.state.asked = true end
    return text
  end, line = function(text, io)
    if not io.state.asked or not text:find '"return"' then return text end
    io.state.asked = false
    return fn(text, io)
  end }
end

-- An argv hook: fn(word, the word before) returns a replacement or nil.
local function each_word(fn)
  return function(words)
    for i, word in ipairs(words) do words[i] = fn(word, words[i - 1]) or word end
  end
end

local function with_error(text)
  return (text:gsub('"return": {}', '"error": {"class": "GenericError", "desc": "no bus for it"}'))
end

local EVENT = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RTC_CHANGE", "data": {"offset": 0, '
  .. '"qom-path": "/x"}}\r\n'

-- Hooks: a command never reaches QEMU, but gets a reply, with `more` after it.
local function answered(command, more)
  return { input = function(text, io)
    if not text:find(command, 1, true) then return text end
    local id = text:match '"id":%s*(%d+)'
    io.print(('{"return": {}%s}\r\n%s'):format(id and ', "id": ' .. id or "", more or ""))
  end }
end

local DELETED = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "DEVICE_DELETED", "data": '
  .. '{"device": "nic9", "path": "/machine/peripheral/nic9"}}\r\n'

local function with_kind(kind, socket)
  socket.kind = kind
  return socket
end

-- Hooks: a soft lockup in place of the ready line, where is_now(io).
local function stuck(is_now)
  return { kind = "serial", line = function(text, io)
    if not text:find("moonrig: ready", 1, true) or not is_now(io) then return text end
    io.print "[   28.640233] watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [kworker/2:2:57]\r\n"
  end }
end

local function at_device_add(fn)
  return { socket = { kind = "qmp", input = function(text, io)
    if text:find("device_add", 1, true) then fn(io) end
    return text
  end } }
end

-- This scenario restores all of its guests but the first.
local function restored(name, reason, socket, o)
  o.socket, o.is_restored = socket, true
  return fault("the snapshot", name, reason, "test/cases/fresh.lua", o)
end

local function guest(name, reason, run, program, o)
  o.program = program
  return fault(program .. " in the guest", name, reason, run, { guest = o, is_harmless = o.is_harmless })
end

-- The processes keep their pids: the case reads their open files.
local function hotplug(name, reason, o)
  o.is_under = true
  return guest(name, reason, HOTPLUG, "hotplug_mp", o)
end

local SECONDARY, READY = "--proc-id=1", "Finished Process Init"

-- Faults of the guest's second symmetric_mp.
local function secondary(name, reason, o)
  o.only = SECONDARY
  return guest(name, reason, SYMMETRIC, "symmetric_mp", o)
end

-- A file of the guest, by which the shims of all processes share a flag.
local function set(io) io.run "touch /run/shim/is-on" end
local function unset(io) io.run "rm -f /run/shim/is-on" end
local function is_set(io) return io.run "test -e /run/shim/is-on" == 0 end

-- A detach that no process does and all processes print.
local function conspiracy(text, io)
  if text:find("^detach " .. NIC) then
    set(io)
    io.print(text:gsub("\n", "") .. "\r\ndetached device " .. NIC .. "\r\nexample> ")
  elseif text:find("^attach " .. NIC) and is_set(io) then
    unset(io)
    io.print(text:gsub("\n", "") .. "\r\nattached device " .. NIC .. "\r\nexample> ")
  else
    return text
  end
end

local function hide_row(text, io)
  if not (text:find("^%d+\t" .. NIC) and is_set(io)) then return text end
end

-- Hooks: fn changes the primary's queue counters (xstats, by socat).
local function xstats(fn) return { bytes = hooks.replace('("[rt]x_q)(%d)(_good_packets":)(%d+)', fn) } end

-- A mount over a file of the guest's sysfs, whose writes then do not reach the kernel. No program is replaced, so that
-- any way of binding meets the fault.
local function sysfs(name, reason, command)
  return fault("sysfs in the guest", name, reason, SYMMETRIC, { ready = function(io) io.guest(command) end })
end

local BIND, DEVICES = "bus/pci/drivers/vfio-pci/bind", "bus/pci/devices/"

-- The kernel's own files are in a second sysfs. FIFOs over the first relay the writes to it in order: a writer waits
-- until the write before is done. The second device's bind is dropped.
local BIND_FIRST = ([[
mount -t sysfs kernels /mnt && mkfifo /run/bind /run/override && mount -o bind /run/bind /sys/$BIND &&
mount -o bind /run/override /sys/$OVERRIDE && {
  pass() { read -r line <$1; echo $line >$2; }
  pass /run/override /mnt/$OVERRIDE
  pass /run/bind /mnt/$BIND
  pass /run/override /mnt/$OVERRIDE
  cat /run/bind
} </dev/null >/dev/null 2>&1 &]]):gsub("%$(%u+)", { BIND = BIND, OVERRIDE = DEVICES .. NIC .. "/driver_override" })

return {
  qmp("events before each reply", {}, { line = hooks.before('"return"', EVENT) }, { is_harmless = true }),
  qmp("an error for a reply", { "device_add", "no bus for it" }, reply_to("device_add", with_error)),
  qmp("events, then an error for a reply", { "device_add", "no bus for it" },
    reply_to("device_add", function(text) return EVENT .. with_error(text) end)),
  qmp("half a line", { "device_add" }, reply_to("device_add", function(text) return text:sub(1, 8) end)),
  qmp("closes", { "device_add" }, reply_to("device_add", function(_, io) io.close() end)),
  qmp("a reply to another command", { "device_add" }, reply_to("device_add", function(text)
    return (text:gsub('"id":%s*"?[%w%-]+"?', '"id": 4711'))
  end)),
  qmp("no greeting", { "no greeting of QEMU" }, { bytes = function() end }, { timeout = 45 }),
  qmp("a plug that QEMU does not do", { "the guest sees the plugged NIC" }, answered "device_add"),
  qmp("DEVICE_DELETED without an unplug", { "removed after DEVICE_DELETED" }, answered("device_del", DELETED)),
  qmp("an unplug without DEVICE_DELETED", { "DEVICE_DELETED" }, { line = hooks.drop "DEVICE_DELETED" }),

  restored("the shim alone, no fault: a snapshot", {}, { kind = "qmp" }, { is_harmless = true }),
  restored("QEMU refuses it: the guest is booted", {}, with_kind("qmp", reply_to("migrate-incoming", with_error)),
    { is_harmless = true, timeout = 240 }),
  restored("is never resumed", { "moonrig: ready" }, with_kind("qmp", answered "cont"), { timeout = 40 }),

  ssh("the shim alone, no fault: SSH", {}, {}, { is_harmless = true }),
  ssh("accepts and sends nothing", { "ssh" }, { accepted = function() return false end }, { timeout = 60 }),
  ssh("closes what it accepted", { "ssh" }, { accepted = function(io) io.close() return false end }),
  ssh("is no SSH server", { "ssh" }, { bytes = function() return "220 smtp.example ESMTP\r\n" end }, { timeout = 60 }),
  ssh("falls silent in the middle", { "does not answer on SSH" }, { bytes = function(text, io)
    io.state.bytes = (io.state.bytes or 0) + #text
    if io.state.bytes < 6000 then return text end
  end }, { timeout = 40 }),
  ssh("bytes changed on their way", { "SSH session is closed" }, { bytes = function(text, io)
    io.state.bytes = (io.state.bytes or 0) + #text
    if io.state.bytes < 6000 then return text end
    return text:sub(1, -2) .. string.char((text:byte(-1) + 1) % 256)
  end }, { timeout = 40 }),
  fault("SSH", "another host key", { "host key" }, GUEST, { ready = function(io)
    io.guest("rm /etc/dropbear/host_key && dropbearkey -t ed25519 -f /etc/dropbear/host_key >/dev/null 2>&1 && "
      .. "old=$(pgrep -o dropbear) && kill $old && dropbear -s -m -r /etc/dropbear/host_key")
  end }),

  fault("the VM", "QEMU exits at its start", { "QEMU ended" }, GUEST, { begun = function(io) io.die(1) end }),
  fault("the VM", "QEMU is killed in the middle", { "device_add", "QEMU ended", "SIGKILL" }, GUEST,
    at_device_add(function(io) io.kill(9) end)),
  fault("the VM", "resets in the middle", { "QEMU ended", "exit status 0" }, GUEST,
    at_device_add(function(io) io.monitor "system_reset" end)),
  fault("the VM", "loses its disk", { "I/O error", "vda" }, GUEST, { timeout = 60, ready = function(io)
    io.guest "echo 3 >/proc/sys/vm/drop_caches"
    io.monitor "drive_del root"
  end }),
  fault("the VM", "no NIC for SSH", { "no virtio NIC at 0000:00:1f.6" }, GUEST,
    { argv = each_word(function(word) return (word:gsub("moonrig%.mgmt=%S+", "moonrig.mgmt=0000:00:1f.6")) end) }),
  fault("the VM", "panics at its boot", { "panic" }, GUEST, { argv = each_word(function(word, before)
    return before == "-append" and word .. " rdinit=/no/such/init root=/dev/none"
  end) }),
  fault("the VM", "its kernel is stuck in its boot, once", {}, GUEST, { is_harmless = true,
    socket = stuck(function(io) return io.run 'mkdir "$TMPDIR/../stuck" 2>/dev/null' == 0 end) }),
  fault("the VM", "its kernel is stuck in each boot", { "stuck in its boot", "soft lockup" }, GUEST,
    { socket = stuck(function() return true end) }),
  fault("the VM", "is never ready", { "not done within", "moonrig: ready" }, GUEST,
    { timeout = 30, socket = { kind = "serial", line = hooks.drop "moonrig: ready" } }),
  secondary("the guest panics in the traffic", { "kernel panic", "sysrq" },
    { line = hooks.once(READY, function(text, io)
      io.print(text)
      io.run "echo c >/proc/sysrq-trigger"
    end) }),
  secondary("its end of file comes without an exit status", { "symmetric_mp-1", "no exit status" },
    { line = hooks.once(READY, function(_, io)
      -- the shell's parent is the shim, whose parent is the session's dropbear
      io.run "read -r a b c session rest </proc/$PPID/stat; kill -9 $session"
    end) }),
  secondary("the clock jumps in the traffic", {}, { is_harmless = true, line = hooks.once(READY, function(text, io)
    io.run "date -s 2031-05-06 >/dev/null"
    return text
  end) }),

  sysfs("a bind that succeeds and binds nothing", { "reported success", NIC .. ' is bound to ""' },
    "mount -o bind /dev/null /sys/" .. BIND),
  sysfs("binds one device of two", { "reported success", OTHER_NIC .. ' is bound to ""' }, BIND_FIRST),
  sysfs("an unbind that succeeds and unbinds nothing", { NIC .. " cannot be bound to vfio-pci" },
    "mount -o bind /dev/null /sys/bus/pci/drivers/virtio-pci/unbind"),
  sysfs("the driver refuses a device", { OTHER_NIC .. " cannot be bound to vfio-pci" },
    ("mount -o bind /dev/null /sys/%s%s/driver_override"):format(DEVICES, OTHER_NIC)),
  guest("reports success and binds nothing", { "dpdk-devbind.py reported success", NIC }, GUEST, "dpdk-devbind.py",
    { start = function(io) io.die(0) end }),

  secondary("secondary: RX 0 on one port", { "symmetric_mp-1", "port 1" },
    { line = hooks.symmetric_rx(1, function() return 0 end) }),
  secondary("secondary: TX and Drop swapped", { "symmetric_mp-1" },
    { line = hooks.symmetric(function(_, rx, tx, drop) return rx, drop, tx end) }),
  secondary("secondary: one packet too few", { "symmetric_mp-1" },
    { line = hooks.symmetric_rx(0, function(rx) return rx - 1 end) }),
  secondary("secondary: statistics missing", { "symmetric_mp-1", "statistics" }, { line = hooks.drop "^Port %d: RX" }),
  secondary("both processes on one queue", { "queue" },
    { argv = each_word(function(word) return word == SECONDARY and "--proc-id=0" end) }),
  secondary("secondary: on another lcore", { "symmetric_mp-1", "lcore: expected 2, got 1" },
    { argv = each_word(function(_, before) return before == "-l" and "1" end) }),

  hotplug("the shim alone, no fault: hotplug_mp", {}, { is_harmless = true }),
  hotplug("detach in one process only", { "secondary's list", NIC }, { only = "--proc-type=secondary",
    line = function(text, io)
      -- a row that was in the list once stays in it
      if text:find("^0\t" .. NIC) then io.state.was = true end
      local is_lost = text:find "^1\t0000:00:06.0" and io.state.was and not io.state.row
      if is_lost then text = "0\t" .. NIC .. "\r\n" .. text end
      io.state.row = text:find("^0\t" .. NIC .. "\r\n$") ~= nil
      return text
    end }),
  hotplug("attach answers and does not", { "list", NIC },
    { input = hooks.answer("^attach (%S+)", "attached device %1", "example> ") }),
  hotplug("detach answers and does not", { "list", NIC },
    { input = hooks.answer("^detach (%S+)", "detached device %1", "example> ") }),
  hotplug("a detach that no process does and all print", { "open files", NIC },
    { start = unset, input = conspiracy, line = hide_row }),
  hotplug("an EAL error beside a good reply", { "EAL", "log" },
    { line = hooks.before("^detached device", "EAL: Failed to send hotplug request to secondary\r\n") }),

  fault("testpmd's console", "sent one packet less than received", { "testpmd", "port 0" }, SYMMETRIC,
    { program = "dpdk-testpmd", line = hooks.replace("(TX%-packets: )(%d+)", function(before, n)
      return before .. ("%.0f"):format(math.max(0, tonumber(n) - 1))
    end) }),
  fault("testpmd's console", "accepts txonly and does not send", { "received" }, SYMMETRIC, { program = "dpdk-testpmd",
    input = function(text) return (text:gsub("^set fwd txonly", "set fwd rxonly")) end,
    line = hooks.replace("rxonly", "txonly") }),
  fault("testpmd's console", "testpmd dies in the traffic", { "testpmd" }, SYMMETRIC, { program = "dpdk-testpmd",
    line = hooks.once("vhost%-net1%) virtio is now ready", function(_, io)
      io.sleep(1)
      io.die(0, 6)
    end) }),

  guest("telemetry: queues swapped", { "queue" }, SYMMETRIC, "socat", xstats(function(before, queue, mid, n)
    return before .. (queue == "0" and 1 or 0) .. mid .. n
  end)),
  guest("telemetry: another process greets", { "process 1 answers", "symmetric_mp" }, SYMMETRIC, "socat",
    { bytes = hooks.replace('("pid":)%d+', "%11") }),
  guest("telemetry: a packet more received", { "queue 0" }, SYMMETRIC, "socat",
    { bytes = hooks.one_more "rx_q0_good_packets" }),
}
