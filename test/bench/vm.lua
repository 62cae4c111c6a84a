--- vm: the measurements of VMs: the time to a finished SSH command, and a whole plan, both against the stock image.

local accel = require "vm.accel"
local engine = require "engine"
local size = require "bench.size"
local stock = require "bench.stock"
local vm = require "vm.vm"

local QEMU = "qemu-system-x86_64"

-- Enough for the plan on a loaded machine.
local PLAN_SECONDS = 1500

-- VMs boot and are not restored from a snapshot.
local COLD = { "--cold" }

-- The stock image: from the first use to the end of the bench.
local function image_of(b)
  if not b.stock then
    local folder, lock = stock.need()
    b.stock = folder
    b:at_end(function() engine.fs.unlock(lock) end)
  end
  return b.stock
end

-- The argument of test/bench/stock.py: our machine with another image. `testpmd`: our testpmd's command line.
local function setup(b, testpmd)
  b.stocks = (b.stocks or 0) + 1
  local profile, how = vm.profile "default", accel.choose("auto", QEMU)
  local work = ("%s/stock-%d"):format(b.scratch, b.stocks)
  local words, prefix = stock.testpmd(testpmd, work)
  if engine.sys.uid() == 0 then engine.fs.guard_tree("/var/run/dpdk/" .. prefix) end
  return engine.json.encode { work = work, image = image_of(b), testpmd = words, qemu = QEMU, accel = how,
    cpu = profile.cpu[how], cpus = profile.cpus, memory = profile.memory, machine = profile.machine,
    iommu = profile.iommu, hugepages = profile.hugepages, mgmt_mac = profile.mgmt_mac }
end

local function ours_first(argv)
  return argv or error("our side has failed, whose command line this one needs", 0)
end

-- The first run makes the snapshot that the measured ones restore.
local function make_snapshot(b)
  if not b.has_snapshot then b:case "vm_start" end
  b.has_snapshot = true
end

local boot = {
  name = "cold boot to a finished SSH command", rounds = 3, unit = "s",
  what = "from QEMU's start, two vhost-user ports connected to a testpmd that sends; its own start is not counted",
  ours = function(b)
    make_snapshot(b)
    local cold, folder = b:case("vm_start", {}, COLD)
    b.vm_testpmd = b:argv_of(folder, "testpmd")
    local restored = b:case "vm_start"
    return cold.started, { restore = restored.started, reset = restored.ended + restored.started }
  end,
  against = { { name = "the stock image's", at_most = 0.4,
    run = function(b) return b:python("stock_boot", { setup(b, ours_first(b.vm_testpmd)) }) end } },
  also = {
    { name = "restore to a finished SSH command", of = "restore", at_most = 0.1 },
    { name = "reset between cases to a finished SSH command", of = "reset", at_most = 0.033,
      what = "the end of one case's VM and the start of the next" },
  },
}

local function run_plan(b, round)
  local out = ("%s/plan-%d"):format(b.scratch, round)
  local seconds = b:seconds({ b.exe, "run", "-q", "vdev_primary_secondary/symmetric",
    "vdev_primary_secondary/hotplug", "-o", out }, { timeout = PLAN_SECONDS })
  b.plan_testpmd = b:argv_of(out .. "/latest", "testpmd")
  return seconds
end

local plan = {
  name = "the plan vdev_primary_secondary, both cases", rounds = 2, unit = "s",
  what = "testpmd, VM, binding, processes, checks and the end of all, from the first case's start",
  ours = function(b, round)
    make_snapshot(b)
    return run_plan(b, round)
  end,
  against = { { name = "pexpect, the stock image booted per case, the old suite's fixed waits", at_most = 0.17,
    run = function(b)
      local argv = { setup(b, ours_first(b.plan_testpmd)) }
      return b:python("plan_fixed_waits", argv, { timeout = PLAN_SECONDS })
    end } },
}

-- the stock image takes minutes to be built, and the tests run the plan itself
if size.is_small then
  boot.against, boot.also = nil, nil
  return { boot }
end

return { boot, plan }
