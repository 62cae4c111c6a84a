-- hugepages: what is free, for whom it is enough, and what is printed where it is not. On a machine of the spec's.

local hugepages = require "host.hugepages"
local pages_check = require "run.pages_check"
local paths = require "base.paths"
local scenario = require "case.scenario"
local engine = require "engine"
local under_test = require "host.under_test"

local ROOT = "/sys/kernel/mm/hugepages"
local real_read, real_list, real_access = paths.read, engine.fs.list, engine.fs.access
local files, lists, writable

-- A machine with { [KiB] = { total, free, reserved } } and a mount for each of `mounts` { [folder] = options }.
local function machine(sizes, mounts)
  files, lists, writable = { ["/proc/meminfo"] = "Hugepagesize:       2048 kB\n" }, {}, {}
  for kib, n in pairs(sizes) do
    local name = ("hugepages-%dkB"):format(kib)
    lists[#lists + 1] = name
    for i, file in ipairs { "nr_hugepages", "free_hugepages", "resv_hugepages" } do
      files[("%s/%s/%s"):format(ROOT, name, file)] = n[i] .. "\n"
    end
  end
  local lines = { "proc /proc proc rw 0 0" }
  for folder, words in pairs(mounts or {}) do
    lines[#lines + 1] = ("nodev %s hugetlbfs %s 0 0"):format(folder, words)
    writable[folder] = true
  end
  files["/proc/self/mounts"] = table.concat(lines, "\n") .. "\n"
end

local function ctx_of()
  local ctx = { said = {} }
  function ctx:deviation(text) table.insert(self.said, text) end
  return ctx
end

describe("hugepages", function()
  setup(function()
    paths.read = function(path) return files[path] end
    engine.fs.list = function(path) return path == ROOT and lists or nil end
    engine.fs.access = function(path) return writable[path] end
  end)
  teardown(function() paths.read, engine.fs.list, engine.fs.access = real_read, real_list, real_access end)
  after_each(function() under_test.choose(nil) end)

  it("that are reserved for a mapping are not free", function()
    machine { [2048] = { 600, 600, 200 }, [1048576] = { 0, 0, 0 } }
    assert.same({ { kib = 2048, total = 600, free = 400 } }, hugepages.sizes())
  end)

  it("are enough for a guest in one size only", function()
    machine { [2048] = { 511, 511, 0 }, [1048576] = { 1, 1, 0 } }
    assert.equal(1048576, hugepages.for_guest(1024))
    machine { [2048] = { 512, 512, 0 } }
    assert.equal(2048, hugepages.for_guest(1024))
    assert.is_nil((hugepages.for_guest(1024, 2)))
    machine { [1048576] = { 4, 4, 0 } }
    assert.is_nil((hugepages.for_guest(1536)))
  end)

  it("that are too few are told with the command that reserves them", function()
    machine { [2048] = { 300, 100, 50 } }
    local kib, why = hugepages.for_guest(1024)
    assert.is_nil(kib)
    assert.equal("50 hugepages of 2048 kB are free, and 512 are needed: reserve them as root: `echo 762 > " .. ROOT
      .. "/hugepages-2048kB/nr_hugepages` (or dpdk-hugepages.py)", why)
    machine {}
    assert.matches("^0 hugepages of 2048 kB are free, and 512 are needed: .*`echo 512 >", (select(2, hugepages.for_guest(1024))))
  end)

  it("are the EAL's in a hugetlbfs of that size, or in memory", function()
    local pages = { [2048] = { 100, 100, 0 } }
    machine(pages, { ["/dev/hugepages"] = "rw,relatime,pagesize=2M" })
    assert.same({}, hugepages.for_program(200, true))
    machine(pages, { ["/dev/hugepages"] = "rw,relatime" })
    assert.same({}, hugepages.for_program(200))
    for _, mounts in ipairs { {}, { ["/mnt"] = "rw,pagesize=1024M" } } do
      machine(pages, mounts)
      assert.same({ "--in-memory" }, hugepages.for_program(200))
      assert.matches("no hugetlbfs that this user may write", (select(2, hugepages.for_program(200, true))))
    end
    machine(pages, { ["/dev/hugepages"] = "rw,relatime,pagesize=2M" })
    writable = {}
    assert.same({ "--in-memory" }, hugepages.for_program(200))
    assert.matches("100 hugepages of 2048 kB are free, and 101 are needed", (select(2, hugepages.for_program(201))))
  end)

  it("that a person chose are there before a run, or it does not start", function()
    local real = scenario.case
    scenario.case = function(file) return { needs = { file } } end
    finally(function() scenario.case = real end)
    local on = { hugepages = "on" }
    machine { [2048] = { 300, 300, 0 } }
    pages_check.refuse({ { file = "testpmd" }, { file = "root" } }, on)
    pages_check.refuse({ { file = "vm" } }, { hugepages = "auto" })
    pages_check.refuse({ { file = "vm" } }, nil)
    local ok, err = pcall(pages_check.refuse, { { file = "testpmd" }, { file = "vm" } }, on)
    assert.is_false(ok)
    assert.matches("%-%-hugepages on: 300 hugepages of 2048 kB are free, and 512 are needed: reserve", tostring(err))
  end)

  it("that are missing are a deviation, and an error where a person chose them", function()
    machine {}
    local ctx = ctx_of()
    hugepages.go_without(ctx, "x")
    under_test.choose { hugepages = "off" }
    hugepages.go_without(ctx)
    machine { [2048] = { 1, 1, 0 } }
    under_test.choose { hugepages = "auto" }
    hugepages.go_without(ctx, "x")
    for i, why in ipairs { "none are reserved on this machine (see `moonrig doctor`)", "--hugepages off", "x" } do
      assert.equal("DPDK and guests run without hugepages: " .. why, ctx.said[i])
    end
    under_test.choose { hugepages = "on" }
    local ok, err = pcall(hugepages.go_without, ctx, "x")
    assert.is_false(ok)
    assert.matches("%-%-hugepages on: x", tostring(err))
    assert.equal(3, #ctx.said)
  end)
end)
