--- user_guest: a guest of the user's own image: its readiness is a login by SSH, and commands bring what our image has.
--- `self` is the VM (lib/vm/vm.lua).

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"
local login = require "vm.login"
local paths = require "base.paths"
local script = require "host.script"
local topology = require "vm.topology"

local user_guest = {}

-- QEMU's network takes a connection before the guest does. A try has this long for all of the login, on an emulated
-- processor; the next one follows after a moment.
local TRY_SECONDS, PAUSE_SECONDS = 20, 0.5

-- A guest refuses logins until its boot is done (pam_nologin), and its first boot may install the key.
local REFUSED_SECONDS = 20

local PREPARE_SECONDS = 120

local PANIC = "Kernel panic[^\r\n]*"

-- What passes while a guest boots.
local PASSES = { ECONNRESET = true, ECONNREFUSED = true, ETIMEDOUT = true, EPIPE = true, EPROTO = true, EACCES = true }

local NO_NIC = "; a kernel without virtio_net needs nic = \"e1000\""

-- The last lines of its serial console, or a word about none.
local function last_words(self)
  local text = self.serial:tail(10)
  if text:find "%S" then return text end
  return "(nothing on its serial console: its kernel needs console=ttyS0)"
end

local function refuse_dead(self)
  local exit = self.qemu:exit()
  if exit then
    fail.raise("ECHILD", "vm", "QEMU ended during the boot with " .. ending.words(exit), self.qemu:tail(10))
  end
  local panic = self.serial:tail(100):match(PANIC)
  if panic then fail.raise("ECHILD", "vm", panic, self.serial:tail(10)) end
end

local function give_up(self, err, user, seconds)
  local nic = self.options.image.nic
  local hint = err.code ~= "EACCES" and nic:find "virtio" and NO_NIC or ""
  local where = ("user %s, key %s, port %d of 127.0.0.1, NIC %s"):format(user, self.image.key, login.port(self), nic)
  fail.raise(err.code, "vm", ("no login to the guest by SSH in %.0f s (%s): %s%s"):format(seconds, where,
    fail.what(err), hint), last_words(self))
end

-- Until `over`: a node.
local function persist(self, user, since, over)
  local refused
  while true do
    local node, err = login.try(self, user, math.max(0.1, math.min(TRY_SECONDS, over - engine.now())))
    if node then return node end
    if fail.is_cancel(err) then error(err, 0) end
    refuse_dead(self)
    refused = err.code == "EACCES" and (refused or engine.now()) or nil
    local is_over = engine.now() >= over or refused and engine.now() - refused >= REFUSED_SECONDS
    if is_over or not PASSES[err.code] then give_up(self, err, user, engine.now() - since) end
    fail.check(engine.elapse(PAUSE_SECONDS))
  end
end

-- Root takes the key that the user has.
local BECOME = [[sudo -n sh -c 'mkdir -p /root/.ssh && cat >/root/.ssh/authorized_keys && chmod 700 /root/.ssh &&
chmod 600 /root/.ssh/authorized_keys' <"$HOME/.ssh/authorized_keys"]]

-- Binding, hugepages and modules are root's.
local function become_root(self, node, user)
  local r = node:run({ "sh", "-c", BECOME }, { timeout = TRY_SECONDS })
  node:close()
  if r.code ~= 0 then
    fail.raise("EACCES", "vm", ("user %s of the guest cannot become root by `sudo -n`: %s"):format(user,
      lines.last(r.err, 1)))
  end
  local root, err = login.try(self, "root", self.options.ssh_timeout)
  if root then return root end
  fail.raise(err.code, "vm", ("user %s has sudo, but root cannot log in (its sshd needs PermitRootLogin "
    .. "prohibit-password): %s"):format(user, fail.what(err)))
end

--- Waits until the guest takes root's login: self.node.
function user_guest.await_login(self, seconds)
  local since, user = engine.now(), self.image.user
  local node = persist(self, user, since, since + seconds)
  self.node = user == "root" and node or become_root(self, node, user)
end

-- The NICs that the guest's kernel keeps.
local function kept(self)
  local o = self.options
  if (" " .. (o.append or "") .. " "):find(" moonrig.nics=all ", 1, true) then return "all" end
  local out = { topology.pci_address(o.profile.addr.mgmt) }
  for _, port in ipairs(o.ports) do
    if port.kernel then out[#out + 1] = topology.pci_address(port.addr) end
  end
  return table.concat(out, " ")
end

local function read_lacks(text)
  local lacks = {}
  for what, why in text:gmatch "lacks (%S+) ([^\n]+)" do
    lacks[what] = ("the guest cannot use %s: %s"):format(what, why)
  end
  return lacks
end

--- Gives a booted guest DPDK's disk, hugepages, the modules and the NICs for tests (vm/prepare.sh). What it lacks
--- that some cases need: self.lacks.
function user_guest.prepare(self)
  local before, disk = engine.now(), dofile(script.file "dpdk_disk.lua")
  local r = self.node:run({ "sh", "-s", self.dpdk.id, disk.serial, disk.place, tostring(self.options.hugepages),
    kept(self) }, { input = fail.check(paths.read(script.file "prepare.sh")), timeout = PREPARE_SECONDS })
  if r.code ~= 0 then
    fail.raise("EFAIL", "vm", "the guest cannot be prepared: " .. lines.last(r.err, 1), last_words(self))
  end
  -- its uptime is the first that it reads
  login.align_clock(self, tonumber(r.out:match "uptime ([%d.]+)"), before, engine.now())
  self.lacks = read_lacks(r.out)
  self.ctx:guest_kernel(r.out:match "kernel (%S+)")
end

return user_guest
