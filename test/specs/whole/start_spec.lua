-- start: what a run of a case loads, and what it does not.

local moonrig = require "specs.moonrig"

describe("a case that uses no primitive", function()
  local rig = moonrig.new()

  it("loads none, and each by its first call", function()
    local file = rig:write("x.lua", moonrig.case [[
for _, name in ipairs { "dpdk.testpmd", "vm.vm", "dpdk.mp", "dpdk.hotplug", "dpdk.devbind", "dpdk.stats", "host.image" } do
  t:truthy(not package.loaded[name], name .. " is not loaded")
end
t:raises(function() t:testpmd { vdev = {} } end, "unknown option vdev", "it is there all the same")
t:truthy(package.loaded["dpdk.testpmd"], "and loaded now")]])
    local code, out = rig:call { "run", file, "-o", rig.work .. "/out" }
    assert.equal(0, code, out)
  end)

  lazy_teardown(function() rig:remove() end)
end)
