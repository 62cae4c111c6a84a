-- vm_start: the time of the plan's VM to a finished SSH command, and of its end. The start of testpmd, between the two
-- parts of the VM's, is not counted.
local vhost_pair = require "kit.vhost_pair"

return rig.case {
  name = "a VM from its start to a finished command", needs = { "testpmd", "vm" }, timeout = 240,

  run = function(t)
    local spent = 0
    local function timed(fn)
      local since = t.ctx:clock()
      local value = fn()
      spent = spent + t.ctx:clock() - since
      return value
    end
    -- a boot is measured as on the other side: testpmd has started before QEMU
    local early = t.ctx.is_cold and vhost_pair.testpmd(t, 2)
    local prepared = timed(function() return vhost_pair.prepare(t, 2) end)
    local pmd = early or vhost_pair.testpmd(t, 2)
    local vm = timed(function() return prepared:launch() end)
    local done = timed(function() return vm:run { "true" } end)
    t:value("started", spent)
    t:equal(done.code, 0, "the command has finished with exit status 0")
    spent = 0
    timed(function() vm:quit() end)
    t:value("ended", spent)
    pmd:quit()
  end,
}
