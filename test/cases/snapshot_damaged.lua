-- snapshot_damaged: a guest's snapshot that is not whole, or that QEMU refuses: the guest is booted instead, that is
-- said, and another snapshot is saved. In a folder of its own.

local engine = require "engine"
local paths = require "base.paths"
local snapshot = require "vm.snapshot"

local function start(t)
  local vm = t:vm { memory = 512, hugepages = 16, iommu = false, agent = false, cpus = 1 }
  t:equal(vm:run({ "hostname" }).out, "guest\n", "the guest answers")
  local how = vm.snapshot and "restored" or "booted"
  vm:quit()
  return how
end

local function only_snapshot(t)
  local all = snapshot.list()
  t:equal(#all, 1, "one snapshot is there")
  return all[1].folder
end

local function last_notice(t)
  local notices = t.ctx.result.notices
  return notices[#notices] or ""
end

return rig.case {
  name = "a snapshot that does not fit: the guest is booted", needs = { "vm" }, timeout = 240,

  run = function(t)
    engine.sys.setenv("MOONRIG_SNAPSHOTS", t.ctx.scratch .. "/snapshots")

    t:phase "the first start is a boot, the second none"
    t:equal(start(t), "booted", "the first start")
    t:equal(start(t), "restored", "the second start")

    t:phase "a byte of the memory is another"
    local folder = only_snapshot(t)
    local f = assert(io.open(folder .. "/memory", "r+b"))
    f:seek("set", 2 ^ 24)
    f:write "rot"
    f:close()
    t:equal(start(t), "booted", "the start from a memory that is not what was saved")
    t:match(last_notice(t), "memory is not what was saved", "the notice")

    t:phase "QEMU refuses the snapshot"
    folder = only_snapshot(t)
    local saved = engine.json.decode(paths.read(folder .. "/manifest.json"))
    local device = paths.read(folder .. "/device")
    local cut = device:sub(1, #device / 2)
    paths.write(folder .. "/device", cut)
    saved.device = { size = #cut, sum = engine.checksum(cut) }
    paths.write(folder .. "/manifest.json", engine.json.encode(saved))
    t:equal(start(t), "booted", "the start from half of a snapshot")
    t:match(last_notice(t), "does not fit.-booted", "the notice")
    t:equal(start(t), "restored", "the start after it")
  end,
}
