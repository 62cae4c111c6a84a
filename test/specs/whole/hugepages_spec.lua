-- hugepages: a run with real ones leaves none taken, however it ends. Root reserves some for this spec where too few are
-- free, in a shell that gives them back when the spec is gone.

local engine = require "engine"

local helper = require "specs.helper"
local hugepages = require "host.hugepages"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"

-- testpmd has 256 MiB, the guest 512.
local PAGES, KIB = 400, 2048
local NR = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

-- Reserves, mounts a hugetlbfs of its own on $1, and undoes both at the end of its input.
local HOLDER = [[
  old=$(cat "$2") && trap 'umount "$1"; [ "$new" = "$old" ] || echo "$old" >"$2"' EXIT && trap exit HUP INT TERM
  new=$((old + $3)); [ "$3" -gt 0 ] && echo "$new" >"$2"
  mount --make-rprivate / && mount -t hugetlbfs -o pagesize=2M nodev "$1" && echo ready && cat >/dev/null]]

local rig = moonrig.new():settle()
local folder = rig.work .. "/huge"
local here = engine.here()
local holder

local function free()
  for _, size in ipairs(hugepages.sizes()) do
    if size.kib == KIB then return size.free end
  end
  return 0
end

local function hold()
  assert(engine.fs.mkdir(folder))
  local missing = math.max(0, PAGES - free())
  holder = assert(here:spawn({ "unshare", "-m", "sh", "-c", HOLDER, "sh", folder, NR, tostring(missing) },
    { name = "holder", pipes = true }))
  return holder:expect("ready", 20) ~= nil and free() >= PAGES
end

-- The files of the EAL.
local function files()
  local r = assert(here:run { "nsenter", "-t", tostring(holder:pid()), "-m", "ls", folder })
  return r.out
end

local function start(name, file)
  return assert(here:spawn({ "nsenter", "-t", tostring(holder:pid()), "-m", rig.exe, "run", file, "-v", "--hugepages", "on",
    "--cold", "-o", rig.work .. "/out" }, { name = name, pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 20 }))
end

-- The run's pages are free again once its guard is done.
local function await_free(pages)
  local deadline = engine.now() + 30
  while (free() ~= pages or files() ~= "" or rig:leftovers() ~= "") and engine.now() < deadline do engine.elapse(0.02) end
  assert.same({ pages, "", "" }, { free(), files(), rig:leftovers() })
end

-- A scenario that says when its pages are taken: `file` is written then.
local function scenario(name, take, then_do)
  local taken = ("%s/%s.taken"):format(rig.work, name)
  local steps = ("%s io.open(%q, 'w'):close() %s"):format(take, taken, then_do)
  return rig:write(("scripts/%s.lua"):format(name), moonrig.case(steps)), taken
end

local TESTPMD = 'local pmd = t:testpmd { proc_type = "primary", mbufs = 2048, vdevs = { "net_null0" } }'
local VM = "t:vm { memory = 512, hugepages = 16, iommu = false, agent = false, cpus = 1 }"

-- Runs it, `stop`s it when its pages are taken, and checks that they are free at its end.
local function leaves_none(name, take, then_do, stop)
  local before, file, taken = free(), scenario(name, take, then_do)
  local run = start(name, file)
  assert(engine.await_path(taken, 60), run:tail(20))
  assert.is_true(stop == nil or free() < before)
  if stop then stop(run) end
  local exit = run:await_exit(60)
  run:close(5)
  await_free(before)
  return exit
end

local function kill(run) run:signal "KILL" end

describe("a run on hugepages leaves none taken", function()
  local why
  setup(function()
    if engine.sys.uid() ~= 0 then
      why = "needs root"
    elseif not paths.program "dpdk-testpmd" then
      why = "needs dpdk-testpmd"
    elseif not hold() then
      why = ("needs %d hugepages of %d kB"):format(PAGES, KIB)
    end
  end)
  before_each(function()
    if why then pending(why) end
  end)

  it("after a pass", function() assert.equal(0, leaves_none("pass", TESTPMD, 'pmd:quit() t:equal(1, 1, "one")').code) end)

  it("after an error", function() assert.equal(3, leaves_none("errs", TESTPMD, 'error "x"').code) end)

  it("after Ctrl-C", function()
    assert.equal(2, leaves_none("cut", TESTPMD, "t:elapse(60)", function(run) run:signal "INT" end).code)
  end)

  it("after a SIGKILL", function() leaves_none("killed", TESTPMD, "t:elapse(60)", kill) end)

  it("of a guest, after a pass and after a SIGKILL", function()
    if not helper.has_image() then return pending "needs a guest image" end
    assert.equal(0, leaves_none("guest", VM, 't:equal(1, 1, "one")').code)
    leaves_none("guest_killed", VM, "t:elapse(60)", kill)
  end)

  teardown(function()
    if holder then holder:close(10) end
    rig:remove()
  end)
end)
