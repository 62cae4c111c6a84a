-- watched: a case as it is being written: testpmd, a guest on its ports, and some steps, whose time it tells.
local vhost_pair = require "vhost_pair"

return rig.case {
  name = "a guest, its testpmd, and steps", needs = { "testpmd", "vm" }, timeout = 240,

  run = function(t)
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = vhost_pair.testpmd(t, 2)
    local vm = prepared:launch()
    local since = t.ctx.clock()
    t:equal(vm:run({ "uname", "-s" }).out, "Linux\n", "the guest's kernel")
    t:elapse(1)
    pmd:stop()
    pmd:quit()
    t:value("steps", t.ctx.clock() - since)
  end,
}
