-- guests: two guests of one rig can be told apart, by their consoles' names; each has a shell to lend. Their sockets may
-- have any characters in their paths.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local STEPS = [[
  local one, two = t:vm {}, t:vm {}
  local passthrough, names = _G.require "repl.passthrough", {}
  for i, vm in ipairs { one, two } do
    vm:run { "sh", "-c", "echo this is guest " .. i .. " >/tmp/which" }
    names[i] = vm.qemu:name() .. " " .. vm.serial:name()
  end
  t:same(names, { "qemu serial", "qemu-2 serial-2" }, "their consoles' names")
  for i, name in ipairs { "shell", "shell-2" } do
    local shell = assert(passthrough.find(t.ctx, name, { rows = 24, columns = 80 }))
    shell:type "cat /tmp/which\n"
    t:truthy(shell:expect("this is guest " .. i, 20), "a shell on guest " .. i)
    shell:type "exit\n"
    t:truthy(shell:await_exit(20), "it ends")
    shell:close(5)
  end]]

describe("the guests of a rig", function()
  it("have names of their own", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    rig.tmp = rig.work .. "/a,b=c d"
    assert(engine.fs.mkdir(rig.tmp))
    local file = rig:write("x.lua", (moonrig.case(STEPS, 'needs = { "vm" },'):gsub("timeout = 20", "timeout = 120")))
    local code, said = rig:call({ "run", file, "-o", rig.work .. "/out" }, nil, 150)
    assert.equal(0, code, said)
    assert.matches("1 passed, 0 failed", said)
    assert.equal("", rig:leftovers())
  end)

  local KEPT = [[
    local vm = t:vm {}
    for _, name in ipairs { "one", "two" } do vm.node:spawn({ "cat" }, { name = name }):keep() end
    t:truthy(vm.node, "it is up")
    ]]

  -- Its programs were waited for, and counted as stuck.
  for how, steps in pairs { ["is paused"] = 'vm.qmp:execute "stop"', ["was killed"] = 'vm.qemu:signal "KILL"',
      ["is stopped with its QEMU"] = 'vm.qemu:signal "STOP"' } do
    it("are not asked to end what runs there where one " .. how, function()
      local rig = moonrig.new()
      finally(function() rig:remove() end)
      local file = rig:write("x.lua", (moonrig.case(KEPT .. steps, 'needs = { "vm" },'):gsub("= 20", "= 120")))
      local code, said = rig:call({ "run", file, "-o", rig.work .. "/out" }, nil, 150)
      assert.equal(0, code, said)
      assert.is_nil(said:find("stuck", 1, true), said)
    end)
  end

  it("are the reason where QEMU was killed in the middle", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    local file = rig:write("x.lua", (moonrig.case([[
      local vm = t:vm {}
      vm.qemu:signal "KILL"
      t:eventually(20, function() return not pcall(vm.qmp.execute, vm.qmp, "query-status") end)
      vm:run { "true" }]], 'needs = { "vm" },'):gsub("= 20", "= 120")))
    local _, said = rig:call({ "run", file, "-o", rig.work .. "/out" }, nil, 150)
    assert.matches("ERROR [^\n]*\n +[^\n]*x.lua:%d: QEMU ended with SIGKILL\n", said)
  end)

  it("are killed where QEMU waits for a backend, which takes no other signal", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    local file = rig:write("x.lua", moonrig.case([[
      t:prepare_vm { ports = { { socket = "a", mac = "52:54:00:00:00:02" } } }
      t:testpmd { lcore = "1" }]], 'needs = { "vm" },'))
    local code, said = rig:call({ "run", file, "-o", rig.work .. "/out" })
    assert.equal(3, code, said)
    assert.matches("ERROR [^\n]*\n +[^\n]*x.lua:3: testpmd: unknown option lcore", said)
    local events = moonrig.read(rig.work .. "/out/latest/timeline.jsonl")
    assert.matches('"ev":"exit"[^\n]*"console":"qemu"[^\n]*"signal":"SIGKILL"', events)
  end)
end)
