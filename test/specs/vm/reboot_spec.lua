-- reboot: what a reset does to the programs of the guest, with a QEMU and a guest of the spec's.

local fail = require "base.fail"
local guest = require "vm.guest"
local process = require "dpdk.process"
local reboot = require "vm.reboot"

local before, vm, asked, closed

-- A program on a node; `exit`: how it has ended, or nil.
local function program(node, exit)
  local console = { name = function() return "pmd" end, exit = function() return exit end, tail = function() return "last words" end }
  local one = setmetatable({ node = node, console = console, gone = false, is_end_known = false, is_end_asked = false },
    { __index = process.methods })
  table.insert(vm.ctx.programs, one)
  return one
end

-- Its requests go to `asked`.
local function qmp_of(answer)
  return {
    mark = function() return 0 end,
    execute = function(_, command, arguments) table.insert(asked, arguments and arguments.reboot or command) end,
    await = function(_, event)
      table.insert(asked, event)
      answer()
    end,
  }
end

before_each(function()
  before, asked, closed = { guest.await_ready, guest.log_in, guest.wake }, {}, false
  local node = { run = function() return { code = 0 } end, cut = function() closed = true end }
  vm = { node = node, options = { timeout = 60 }, image = {}, qmp = qmp_of(function() end),
    ctx = { programs = {}, samplers = {}, span = function(_, _, fn) fn() end } }
  guest.await_ready = function() end
  guest.log_in = function(self) self.node = {} end
  guest.wake = function() end
end)
after_each(function() guest.await_ready, guest.log_in, guest.wake = unpack(before) end)

for name, call in pairs { reset = reboot.reset, reboot = reboot.from_within } do
  describe("a guest's " .. name, function()
    it("ends its programs, which is known then, and no others", function()
      local one, other, old = program(vm.node), program {}, vm.node
      call(vm)
      assert.matches("^its guest ", one.gone)
      assert.is_false(other.gone)
      assert.is_true(closed)
      assert.not_equal(old, vm.node)
      assert.same({ "reset", "RESET", "shutdown" }, { asked[1], asked[#asked - 1], asked[#asked] })
    end)

    it("does not hide that one had ended before", function()
      local one = program(vm.node, { code = 0, signal = 9, lost = false })
      local ok, err = pcall(call, vm)
      assert.is_false(ok)
      assert.matches("pmd ended with .*, but the case expected it to run", tostring(err))
      assert.same({}, asked)
      assert.truthy(one:unexpected_end())
    end)

    it("minds no end that is known", function()
      program(vm.node, { code = 0, lost = false }).is_end_known = true
      call(vm)
    end)

    it("that does not come about leaves them as they are", function()
      local one, old = program(vm.node), vm.node
      vm.qmp = qmp_of(function() fail.raise("ETIMEDOUT", "qmp", "no RESET") end)
      local ok, err = pcall(call, vm)
      assert.is_false(ok)
      assert.matches("no RESET", tostring(err))
      assert.same({ false, false }, { one.gone, one.is_end_known })
      assert.equal(old, vm.node)
      assert.equal("shutdown", asked[#asked])
    end)
  end)
end

describe("a reboot that the guest refuses", function()
  it("leaves its programs as they are", function()
    local one = program(vm.node)
    vm.node.run = function() return { code = 1, err = "no" } end
    local ok, err = pcall(reboot.from_within, vm)
    assert.is_false(ok)
    assert.matches("the guest refused it", tostring(err))
    assert.same({ false, false }, { one.gone, one.is_end_known })
    assert.same({ "reset", "shutdown" }, asked)
  end)
end)
