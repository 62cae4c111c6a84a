-- watched: a case for `moonrig watch`: testpmd, a guest on its ports, and some steps with their time.
local vhost_pair = require "kit.vhost_pair"

return rig.case {
  name = "a guest, its testpmd, and steps", needs = { "testpmd", "vm" }, timeout = 240,

  run = function(t)
    local steps = 0
    local function step(fn)
      local since = t.ctx:clock()
      local value = fn()
      steps = steps + t.ctx:clock() - since
      return value
    end
    local prepared = vhost_pair.prepare(t, 2)
    local pmd = step(function() return vhost_pair.testpmd(t, 2) end)
    local vm = prepared:launch()
    step(function()
      t:equal(vm:run({ "uname", "-s" }).out, "Linux\n", "the guest's kernel")
      t:elapse(1)
      pmd:stop()
      pmd:quit()
    end)
    t:value("steps", steps)
  end,
}
