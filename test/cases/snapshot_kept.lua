-- snapshot_kept: what must not cost a snapshot, or make a wrong one: a case that is out of time while its guest is
-- restored, and a command that is late with the last bytes; and where none can be kept. In a folder of its own.

local engine = require "engine"
local paths = require "base.paths"
local snapshot = require "vm.snapshot"

local SMALL = { memory = 512, hugepages = 16, iommu = false, agent = false, cpus = 1 }

-- In the place of the cat that QEMU starts: late by 1 s with what is in its pipe at the end, and by LATE with a read.
local LATE_CAT = [[
#!/bin/sh
[ $# = 0 ] || { sleep ${LATE:-0}; exec /bin/cat "$@"; }
dd bs=64K count=5 iflag=fullblock 2>/dev/null
sleep 1
exec /bin/cat
]]

local function with_late_cat(t)
  paths.make(t.ctx.scratch .. "/bin")
  paths.write(t.ctx.scratch .. "/bin/cat", LATE_CAT)
  engine.fs.chmod(t.ctx.scratch .. "/bin/cat", 493)
  engine.sys.setenv("PATH", t.ctx.scratch .. "/bin:" .. os.getenv "PATH")
end

local function start(t)
  local vm = t:vm(SMALL)
  t:equal(vm:run({ "hostname" }).out, "guest\n", "the guest answers")
  local how = vm.snapshot and "restored" or "booted"
  vm:quit()
  return how
end

local function last_notice(t)
  local notices = t.ctx.result.notices
  return notices[#notices] or ""
end

return rig.case {
  name = "a good snapshot stays, and is whole", needs = { "vm" }, timeout = 120,

  run = function(t)
    engine.sys.setenv("MOONRIG_SNAPSHOTS", t.ctx.scratch .. "/snapshots")
    with_late_cat(t)

    t:phase "a snapshot that is on disk some time after QEMU wrote it"
    t:equal(start(t), "booted", "the first start")
    t:equal(start(t), "restored", "the second start")

    t:phase "another run finds that the snapshot does not fit, before the guest that was prepared from it is launched"
    local prepared = t:prepare_vm(SMALL)
    paths.write(snapshot.list()[1].folder .. "/device", "another stream")
    local vm = prepared:launch()
    t:truthy(vm.snapshot, "restored all the same")
    t:raises(function() prepared:launch() end, "launched already", "a second launch")
    vm:quit()
    paths.write(snapshot.list()[1].folder .. "/device", paths.read(vm.snapshot.device))

    t:phase "a start that is called off while the guest is restored"
    engine.sys.setenv("LATE", "3")
    local task = engine.task(function() return t:vm(SMALL) end)
    t:truthy(not task:join(1.5), "the start goes on")
    task:cancel()
    local outcome = task:join(5)
    t:equal(outcome and outcome[2].code, "ECANCELED", "how it ended")
    t:truthy(not last_notice(t):find "snapshot", "no notice about the snapshot")
    t:equal(#snapshot.list(), 1, "snapshots in the folder")

    t:phase "no place for a snapshot"
    engine.sys.setenv("MOONRIG_SNAPSHOTS", "/proc/nowhere")
    t:equal(start(t), "booted", "a start without a place for its snapshot")
    t:match(last_notice(t), "will not be saved.*/proc/nowhere", "the notice")
  end,
}
