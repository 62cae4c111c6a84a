-- guest_memory: a guest of the plans has their memory on hugepages where they are free, else the usual one, and says so.

local engine = require "engine"

local guest_memory = require "vm.guest_memory"
local hugepages = require "host.hugepages"
local topology = require "vm.topology"
local under_test = require "host.under_test"

local real_for_guest, real_memory, real_cpus = hugepages.for_guest, engine.memory, engine.sys.cpus
local free, made, closed

-- A VM of these options, on a machine with `mib` MiB of free hugepages and this number of processors.
local function chosen(given, mib, cpus)
  free, made, closed = mib, {}, 0
  engine.sys.cpus = function()
    local ids = {}
    for i = 1, cpus do ids[i] = i - 1 end
    return ids
  end
  local self = { said = {}, memory = false, options = topology.options(given, "/scratch") }
  self.ctx = { deviation = function(_, text) table.insert(self.said, text) end }
  guest_memory.choose(self)
  return self
end

local function numbers(self) return { self.options.cpus, self.options.memory, self.options.page_size or 0 } end

local PLAN = { profile = "plan" }

describe("a guest's memory", function()
  setup(function()
    hugepages.for_guest = function(mib, room)
      if mib + room <= free then return 2048 end
      return nil, "too few"
    end
    engine.memory = function(bytes, page)
      made[#made + 1] = { bytes / 2 ^ 20, page }
      return { close = function() closed = closed + 1 end }
    end
  end)
  teardown(function() hugepages.for_guest, engine.memory, engine.sys.cpus = real_for_guest, real_memory, real_cpus end)
  after_each(function() under_test.choose(nil) end)

  it("is the plan's where it can be", function()
    local vm = chosen(PLAN, 4096 + 640, 4)
    assert.same({ 4, 4096, 2048 }, numbers(vm))
    assert.same({ { 4096, 2 ^ 21 } }, made)
    assert.same({}, vm.said)
  end)

  it("is smaller where too few pages are free, and ordinary where none are", function()
    local vm = chosen(PLAN, 4096 + 639, 2)
    assert.same({ 3, 1024, 2048 }, numbers(vm))
    assert.same({ "the plan's guest has -smp 4 -m 4096, and here -smp 3 -m 1024" }, vm.said)
    vm = chosen(PLAN, 0, 4)
    assert.same({ 4, 1024, 0 }, numbers(vm))
    assert.equal(2, #vm.said)
    assert.matches("^DPDK and guests run without hugepages", vm.said[1])
    assert.equal("the plan's guest has -m 4096, and here -m 1024", vm.said[2])
    under_test.choose { hugepages = "on" }
    assert.matches("%-%-hugepages on: too few", tostring(select(2, pcall(chosen, PLAN, 0, 4))))
  end)

  it("is what the scenario gives", function()
    local vm = chosen({ profile = "plan", memory = 512, cpus = 5 }, 4096, 8)
    assert.same({ 5, 512, 2048 }, numbers(vm))
    assert.same({}, vm.said)
    assert.same({ 3, 1024, 2048 }, numbers(chosen({}, 4096, 8)))
    vm = chosen({ hugepage_path = "/mnt/huge" }, 4096, 8)
    assert.same({ 3, 1024, 0 }, numbers(vm))
    assert.same({}, vm.said)
  end)

  it("is ordinary where hugepages are off", function()
    under_test.choose { hugepages = "off" }
    local vm = chosen({}, 4096, 8)
    assert.same({ 3, 1024, 0 }, numbers(vm))
    assert.same({ "DPDK and guests run without hugepages: --hugepages off" }, vm.said)
  end)

  it("is taken once for the first QEMU, and afresh for another", function()
    local vm = chosen({}, 4096, 8)
    local first = guest_memory.of_start(vm)
    assert.same({ 1, 0 }, { #made, closed })
    vm.qemu = true
    assert.not_equal(first, guest_memory.of_start(vm))
    assert.same({ { 1024, 2 ^ 21 }, { 1024, 2 ^ 21 } }, made)
    assert.equal(1, closed)
  end)

  it("is QEMU's own without hugepages and without a snapshot", function()
    local vm = chosen({}, 0, 8)
    assert.is_nil(guest_memory.of_start(vm, false))
    assert.is_truthy(guest_memory.of_start(vm, "key"))
    assert.same({ { 1024, 0 } }, made)
  end)

  it("changes the key of its snapshot", function()
    local function key(page_size)
      local o = topology.options({}, "/scratch")
      o.page_size = page_size
      return topology.key(o, "0123", "tcg")
    end
    assert.equal(key(nil), key(nil))
    assert.not_equal(key(nil), key(2048))
    assert.not_equal(key(2048), key(1048576))
  end)
end)
