--- login: an SSH session to a guest, and commands that must succeed there. `self` is the VM (lib/vm/vm.lua).

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"

local login = {}

--- The port of 127.0.0.1 that QEMU's user network was given by the kernel.
function login.port(self)
  if self.port then return self.port end
  local text = self.qmp:execute("human-monitor-command", { ["command-line"] = "info usernet" }, 10)
  local port = type(text) == "string" and text:match("HOST_FORWARD[^\n]-127%.0%.0%.1%s+(%d+)%s")
  if not port then fail.raise("EPROTO", "vm", "QEMU reports no SSH port", tostring(text)) end
  self.port = tonumber(port)
  return self.port
end

--- Logs in as a user: the node; nil and an error.
function login.try(self, user, seconds)
  return engine.ssh { name = "vm", host = "127.0.0.1", port = login.port(self), user = user,
    key = self.image.key, host_key = self.image.host_key, timeout = seconds }
end

--- Opens root's SSH session: self.node.
function login.open(self) self.node = fail.check(login.try(self, "root", self.options.ssh_timeout)) end

--- Runs a command that must succeed: node:run's answer.
function login.must_run(self, argv, given)
  local r = self.node:run(argv, given)
  if r.code ~= 0 then
    fail.raise("EFAIL", "vm", ("%s in the guest ended with %s"):format(argv[1], ending.words(r)), r.err)
  end
  return r
end

--- Records when the clock of the guest's kernel messages was 0. Its uptime was read between two moments of our clock;
--- /proc/uptime goes in steps of 10 ms.
function login.align_clock(self, uptime, before, after)
  if not uptime then return end
  self.ctx:guest_clock(self.serial:name(), (before + after) / 2 - uptime, (after - before + 0.01) / 2)
end

return login
