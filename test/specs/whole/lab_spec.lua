-- lab: a machine reached by SSH, which outlives the case: what a case left on it is gone, however the case
-- ended. A dropbear of our own, and real programs.

local engine = require "engine"

local lab_machine = require "lab"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
-- on each command line of what is started there
local MARK = ("moonrig%06d"):format(engine.sys.pid())

-- What bears our mark: processes, folders.
local function left_there()
  local found = {}
  for _, pid in ipairs(engine.fs.list "/proc") do
    local words = pid:match "^%d+$" and moonrig.read("/proc/" .. pid .. "/cmdline") or ""
    if words:find(MARK, 1, true) then found[#found + 1] = pid .. " " .. words:gsub("%z", " ") end
  end
  for _, folder in ipairs { "/var/run/dpdk", "/tmp/dpdk", "/tmp" } do
    for _, name in ipairs(engine.fs.list(folder) or {}) do
      if name:find(MARK, 1, true) or engine.fs.stat(("%s/%s/%s"):format(folder, name, MARK)) then
        found[#found + 1] = folder .. "/" .. name
      end
    end
  end
  return table.concat(found, "; ")
end

local function is_soon_gone()
  local deadline = engine.now() + 10
  repeat
    if left_there() == "" then return true end
    engine.elapse(0.1)
  until engine.now() > deadline
  return false
end

-- A case that leaves on the node: a program on pipes that hears no hangup, one that has gone into a session of
-- its own, testpmd, and a file.
local LEAVES = [[
local node = t:node(%s)
local pmd = t:testpmd({ vdevs = { "net_null0" }, file_prefix = "%s" }, node)
node:spawn({ "sh", "-c", "trap '' HUP PIPE; sleep 1000 & echo up; wait", "%s" }, { name = "sleeper", pipes = true }):keep()
node:spawn({ "sh", "-c", "setsid sh -c 'trap \"\" HUP; sleep 1000; :' %s & exec sleep 1000", "%s" }, { name = "setsid" }):keep()
node:run { "touch", t.ctx:scratch_on(node) .. "/%s" }
t:equal(1, 1, "one")
-- setsid's comes when it comes
t:eventually(10, function()
  local seen = t:here():run { "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\n' | grep -c %s" }
  return tonumber(seen.out) >= 4
end, "programs are there")
]]

describe("a lab machine", function()
  local lab, node

  lazy_setup(function()
    if not lab_machine.has "dpdk-testpmd" then return end
    lab, node = lab_machine.start(rig.work .. "/lab")
  end)

  local function run(ending)
    local steps = LEAVES:format(lab_machine.words(node), MARK, MARK, MARK, MARK, MARK, MARK) .. ending
    local file = rig:write("x.lua", moonrig.case(steps))
    local code, out = rig:call { "run", file, "-o", rig.work .. "/out" }
    return code, out, moonrig.results(rig.work .. "/out").cases[1]
  end

  it("has nothing of a case that ended in peace", function()
    if not lab then return pending "needs dropbear and dpdk-testpmd" end
    local code, out, c = run "pmd:quit()"
    assert.equal(0, code, out)
    assert.equal("PASS", c.status)
    assert.is_true(is_soon_gone(), left_there())
  end)

  it("has nothing of a case whose worker was killed", function()
    if not lab then return pending "needs dropbear and dpdk-testpmd" end
    local code, out, c = run 't:here():run { "sh", "-c", "kill -KILL $PPID" } t:elapse(9)'
    assert.equal(3, code, out)
    assert.matches("SIGKILL", c.reason)
    assert.is_true(is_soon_gone(), left_there())
  end)

  lazy_teardown(function()
    if lab then lab:close(5) end
    rig:remove()
  end)
end)
