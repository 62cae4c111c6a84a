-- A watch over a rig that is told what to show: each disagreement is seen, and whose it is.

local engine = require "engine"

local check = require "case.check"
local fail = require "base.fail"
local hotplug_watch = require "kit.hotplug_watch"

local NIC, OTHER = "0000:00:05.0", "0000:00:06.0"
local BOTH, ALONE = { [NIC] = 0, [OTHER] = 1 }, { [OTHER] = 1 }
local GROUPS = { [NIC] = 4, [OTHER] = 5 }
local GONE = "VHOST_CONFIG: (/m/vhost-net) vring base idx:0 file:0\n"
local HERE = "VHOST_CONFIG: (/m/vhost-net) virtio is now ready for processing.\n"

local made, t

local function console(pid)
  local text, self = "", {}
  function self.say(_, words) text = text .. words end
  function self.mark() return #text end
  function self.since(_, at) return text:sub(at + 1) end
  function self.pid() return pid end
  return self
end

-- A process that lists and holds what it is told to.
local function process(name, pid)
  local self = { console = console(pid), devices = BOTH, open = BOTH }
  function self.name() return name end
  function self.mark() return self.console.mark() end
  function self.list() return { by_device = self.devices } end
  function self.has(devices) self.devices, self.open = devices, devices end
  return self
end

local function testpmd()
  local self = { console = console(), link = { [0] = "up", [1] = "up" } }
  function self.name() return "testpmd" end
  function self.mark() return self.console.mark() end
  function self.port_info(_, port) return { link = self.link[port] } end
  return self
end

-- `ls -l` of what the processes have open, and of the devices' links.
local function guest(processes, drivers)
  local function run()
    local out = {}
    for nic, group in pairs(GROUPS) do
      out[#out + 1] = ("l 0 /sys/bus/pci/devices/%s/driver -> ../../drivers/%s"):format(nic, drivers[nic])
      out[#out + 1] = ("l 0 /sys/bus/pci/devices/%s/iommu_group -> ../iommu_groups/%d"):format(nic, group)
    end
    for _, one in ipairs(processes) do
      out[#out + 1] = ("\n/proc/%d/fd/:"):format(one.console:pid())
      for nic in pairs(one.open) do
        out[#out + 1] = "l 0 8 -> /dev/vfio/" .. GROUPS[nic] .. "\nl 0 9 -> anon_inode:[vfio-device]"
      end
    end
    return { code = 0, out = table.concat(out, "\n") .. "\n", err = "" }
  end
  return { node = { run = run } }
end

local function case()
  made = {}
  local self = check.new { record = function(_, record) made[#made + 1] = record end, clock = function() return 0 end }
  function self.elapse(_, seconds) engine.elapse(seconds) end
  return self
end

describe("hotplug_watch", function()
  local primary, secondary, pmd, drivers, watch

  before_each(function()
    t, primary, secondary, pmd = case(), process("primary", 10), process("secondary", 11), testpmd()
    drivers = { [NIC] = "vfio-pci", [OTHER] = "vfio-pci" }
    primary.console:say "EAL: Requested device 0000:00:03.0 cannot be used\nexample> "
    watch = hotplug_watch.new(t, { vm = guest({ primary, secondary }, drivers), nics = { NIC, OTHER }, pmd = pmd, timeout = 0.1,
      backends = { [NIC] = { port = 0, socket = "/m/vhost-net" }, [OTHER] = { port = 1, socket = "/m/vhost-net1" } } })
    watch:follow { primary, secondary }
    watch:check_consistent { devices = BOTH }
  end)

  local function detached()
    primary.has(ALONE)
    secondary.has(ALONE)
    pmd.link[0] = "down"
    pmd.console:say(GONE)
  end

  local function agree(o)
    o = o or {}
    o.devices = o.devices or ALONE
    return watch:check_consistent(o)
  end

  local function disagrees(words, o)
    local ok, err = pcall(agree, o)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
  end

  it("is content where all agree", function()
    detached()
    agree { reply = { words = "detached device " .. NIC }, words = "detached device " .. NIC }
    primary.has(BOTH)
    secondary.has(BOTH)
    pmd.link[0] = "up"
    pmd.console:say(HERE)
    assert.same(BOTH, agree { devices = BOTH })
    for _, record in ipairs(made) do assert.is_true(record.ok, record.what) end
    assert.equal("no process reports an EAL error", made[#made].what)
  end)

  it("sees a reply in other words", function()
    detached()
    disagrees([[the reply is "detached device x"]], { reply = { words = "failed to detach device x" }, words = "detached device x" })
  end)

  it("sees one process that lists something else", function()
    detached()
    secondary.devices = BOTH
    disagrees "the secondary's list: 0000:00:05.0 is there"
  end)

  it("takes a list without sense for a disagreement, and no other error", function()
    detached()
    secondary.list = function() fail.raise("EPROTO", "secondary: list", "a port without a name", "empty dev_name") end
    disagrees("the secondary's list: it makes no sense (expected \"a list\", got \"a port without a name\")")
    secondary.list = function() fail.raise("EPIPE", "secondary: list", "it has ended", "") end
    local ok, err = pcall(agree)
    assert.is_false(ok)
    assert.equal("EPIPE", fail.code(err))
  end)

  it("sees a device that is gone from the list and still open", function()
    detached()
    secondary.open = BOTH
    disagrees "the secondary's open files: 0000:00:05.0 is still open"
  end)

  it("sees another driver", function()
    detached()
    drivers[NIC] = "virtio-pci"
    disagrees "bound to another driver"
  end)

  it("sees an error in any log, testpmd's too, once", function()
    detached()
    secondary.console:say "example> EAL: Failed to recv reply\n"
    disagrees "the secondary's log"
    pmd.console:say "EAL: Cannot do it\n"
    disagrees "the secondary's log"
    agree { expect_errors = true }
    pmd.console:say "EAL: Cannot do it\n"
    disagrees "the testpmd's log"
  end)

  it("reads a line that came in two pieces as one", function()
    detached()
    secondary.console:say "EAL: Fai"
    agree()
    secondary.console:say "led to attach\n"
    disagrees "the secondary's log"
  end)

  it("sees a link that stayed up, and a vhost that noticed nothing", function()
    primary.has(ALONE)
    secondary.has(ALONE)
    disagrees "its link differs from the lists"
    pmd.link[0] = "down"
    disagrees "vhost saw no change"
  end)

  it("sees the other NIC go", function()
    detached()
    pmd.console:say((GONE:gsub("vhost%-net", "vhost-net1")))
    disagrees "the vhost port of 0000:00:06.0: its last event differs from its link"
  end)

  it("looks at programs without a list by what they have open", function()
    watch:follow({ primary }, { lists = false })
    primary.list = nil
    agree { devices = BOTH }
    primary.open = ALONE
    disagrees("0000:00:05.0 is not open", { devices = BOTH })
  end)

  it("does not judge what it could not read", function()
    local since = primary.console.since
    primary.console:say(("x"):rep(100) .. "\n")
    primary.console.since = function(...) return since(...):sub(-50) end
    detached()
    disagrees "gone unread"
  end)
end)
