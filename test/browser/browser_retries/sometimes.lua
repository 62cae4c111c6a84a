-- sometimes: a check that fails at first and then holds, among many that hold; and events of programs that do not run.
-- A case for --retry and --repeat in the report (test/browser/browser.sh).

local engine = require "engine"

-- Is this the first attempt? Of rounds side by side only one can make the file.
local function is_first_at(path)
  local f, why = io.open(path, "wx")
  if f then return f:close() end
  assert(why:find "File exists", why)
  return false
end

-- A testpmd that forwards from one time to another, without samples.
local function testpmd(name, node, from, to)
  engine.log("spawn", { t = 0.01, node = node, console = name, argv = { "/usr/bin/dpdk-testpmd", "--" } })
  if from then engine.log("command", { t = from, console = name, line = "start" }) end
  if to then engine.log("command", { t = to, console = name, line = "stop" }) end
end

return rig.case {
  name = "it holds sometimes", timeout = 20,

  run = function(t)
    t:phase "a phase with a name that is long, so that no bar of a short time has room for all of it"
    testpmd("idle", "here")
    testpmd("quick", "here", 0.02, 0.12)
    testpmd("silent", "here", 0.02, 3.02)
    testpmd("inner", "vm", 0.02, 1.52)
    engine.log("clock", { console = "serial", offset = -9.8, uncertainty = 0.128 })
    local asked = engine.now()
    t:phase "asked"
    t:elapse(0.05)
    local took = engine.now() - asked
    engine.log("ran", { what = "true", exited = true, code = 0, signal = 0, seconds = took / 2, out = "", err = "" })
    engine.log("span", { name = "asked/does the guest still answer", seconds = took, is_probe = true })
    local is_first = is_first_at(assert(os.getenv "SOMETIMES"))
    for i = 1, 112 do t:truthy(true, ("check %d holds"):format(i)) end
    t:phase "the end"
    t:at_least(is_first and 7 or 8, 8, "it holds this time")
  end,
}
