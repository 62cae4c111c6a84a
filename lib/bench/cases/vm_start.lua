-- vm_start: how long the plan's VM takes from its start to a finished SSH command, and its end.
local vhost_pair = require "vhost_pair"

return rig.case {
  name = "a VM from its start to a finished command", needs = { "testpmd", "vm" }, timeout = 240,

  run = function(t)
    local pmd = vhost_pair.testpmd(t, 2)
    local since = t.ctx.clock()
    local vm = vhost_pair.vm(t, 2)
    local done = vm:run { "true" }
    t:value("started", t.ctx.clock() - since)
    t:equal(done.code, 0, "the command has finished with exit status 0")
    since = t.ctx.clock()
    vm:quit()
    t:value("ended", t.ctx.clock() - since)
    pmd:quit()
  end,
}
