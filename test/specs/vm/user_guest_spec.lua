-- user_guest: a guest of the user's: what its boot waits for, and what the error says where it waits in vain.

local engine = require "engine"

local fail = require "base.fail"
local login = require "vm.login"
local user_guest = require "vm.user_guest"

local before, vm, answers, asked

local function error_of(code, what) return engine.error { code = code, op = "ssh", what = what } end

-- A node that answers each command with `r`.
local function node(r)
  return { run = function(_, argv, given)
    table.insert(asked, { argv = argv, input = given and given.input })
    return r
  end, close = function() end }
end

local function console(text, exit)
  return { tail = function() return text end, exit = function() return exit end, name = function() return "serial" end }
end

before_each(function()
  before, answers, asked = { login.try, login.port }, {}, {}
  login.try = function(_, user)
    table.insert(asked, user)
    local answer = table.remove(answers, 1) or error_of("ETIMEDOUT", "still in the handshake")
    if answer.code and answer.what then return nil, answer end
    return answer
  end
  login.port = function() return 2222 end
  vm = { image = { user = "root", key = "/k" }, qemu = console "", serial = console "debian login:", dpdk = { id = "0123" },
    options = { image = { nic = "virtio-net-pci" }, ssh_timeout = 1, hugepages = 128, ports = {},
      profile = { addr = { mgmt = "03.0" } } },
    ctx = { guest_clock = function() end, guest_kernel = function(_, release) vm.release = release end } }
end)
after_each(function() login.try, login.port = unpack(before) end)

local function refused(words, seconds)
  local ok, err = pcall(user_guest.await_login, vm, seconds or 0.1)
  assert.is_false(ok)
  for _, one in ipairs(words) do assert.is_truthy(tostring(err):find(one, 1, true), tostring(err)) end
end

describe("the boot of a guest of the user's", function()
  it("is over when root's login is taken", function()
    local root = node {}
    answers = { error_of("ECONNRESET", "closed"), error_of("EACCES", "refused"), root }
    user_guest.await_login(vm, 60)
    assert.equal(root, vm.node)
  end)

  it("that takes no login says what was tried, and what its console has", function()
    refused { "no login to the guest by SSH", "(user root, key /k, port 2222 of 127.0.0.1, NIC virtio-net-pci): ",
      "still in the handshake", 'needs nic = "e1000"', "debian login:" }
    vm.serial = console ""
    refused { "nothing on its serial console: its kernel needs console=ttyS0" }
  end)

  it("is over at once with a key that cannot be used", function()
    answers = { error_of("ENOKEY", "the private key /k has a passphrase") }
    refused({ "the private key /k has a passphrase" }, 1e6)
    assert.same({ "root" }, asked)
  end)

  it("is over when QEMU has ended, or the kernel has panicked", function()
    vm.serial = console "Kernel panic - not syncing: VFS: Unable to mount root fs\n"
    refused({ "Kernel panic - not syncing: VFS: Unable to mount root fs" }, 1e6)
    vm.qemu = console("no such disk", { code = 1 })
    refused({ "QEMU ended during the boot with exit status 1", "no such disk" }, 1e6)
  end)

  it("makes a user root by sudo, or says why not", function()
    vm.image.user = "debian"
    answers = { node { code = 1, err = "sudo: a password is required\n" } }
    refused({ "user debian of the guest cannot become root by `sudo -n`: sudo: a password is required" }, 1e6)
    answers = { node { code = 0 }, error_of("EACCES", "login refused") }
    refused({ "user debian has sudo, but root cannot log in", "PermitRootLogin" }, 1e6)
    local root = node {}
    answers, asked = { node { code = 0 }, root }, {}
    user_guest.await_login(vm, 1e6)
    assert.equal(root, vm.node)
    assert.same({ "debian", "root" }, { asked[1], asked[3] })
  end)
end)

describe("the preparation of a guest of the user's", function()
  it("gives it the disk's id, the hugepages and the NICs to keep, and reads what it lacks", function()
    vm.node = node { code = 0, out = "uptime 12.5\nkernel 6.12\nlacks vfio-pci modprobe: FATAL: not found\n" }
    vm.options.ports = { { addr = "05.0" }, { addr = "06.0", kernel = true } }
    user_guest.prepare(vm)
    assert.same({ "sh", "-s", "0123", "moonrig-dpdk", "/opt/dpdk", "128", "0000:00:03.0 0000:00:06.0" }, asked[1].argv)
    assert.equal("6.12", vm.release)
    assert.same({ ["vfio-pci"] = "the guest cannot use vfio-pci: modprobe: FATAL: not found" }, vm.lacks)
  end)

  it("that fails says why in the guest's words", function()
    vm.node = node { code = 1, out = "", err = "128 hugepages wanted, got 7: give it more memory\n" }
    local ok, err = pcall(user_guest.prepare, vm)
    assert.is_false(ok)
    assert.equal("the guest cannot be prepared: 128 hugepages wanted, got 7: give it more memory", fail.what(err))
  end)
end)
