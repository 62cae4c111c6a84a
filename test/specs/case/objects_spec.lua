-- The objects of a scenario on fakes: what they make of a program's words, and of a program that lies.

local engine = require "engine"

local case = require "case.case"
local context = require "case.context"
local fail = require "base.fail"
local under_test = require "host.under_test"

local build = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
local events, ctx, result, t

local function ran(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return err
end

local function fake_hotplug(name, devices, fault)
  local store = ctx.scratch .. "/devices"
  if devices then
    local f = assert(io.open(store, "w"))
    f:write(devices)
    f:close()
  end
  engine.sys.setenv("FAKE_DEVICES", store)
  engine.sys.setenv("FAKE_FAULT", fault or "")
  return t:hotplug_mp { program = build .. "/fake_hotplug_mp", name = name }
end

-- what the fakes print must not depend on the hugepages of this machine
setup(function() under_test.choose { hugepages = "off" } end)
teardown(function() under_test.choose(nil) end)

local TWO = "0 0000:00:05.0\n1 0000:00:06.0\n"

before_each(function()
  events = {}
  ctx, result = context.new(engine.now(), function(event) events[#events + 1] = event end)
  t = case.new(ctx)
end)

after_each(function()
  local open = engine.open_resources()
  assert(engine.close_all(30))
  ctx:clean()
  assert.same({}, open)
end)

describe("testpmd on the fake", function()
  local function fake(options)
    options = options or {}
    options.program = build .. "/fake_testpmd"
    return t:testpmd(options)
  end

  it("keeps its sockets in the case's folder, however a vdev is written, and removes its own elsewhere", function()
    local own, there = os.tmpname(), os.tmpname()
    assert(os.remove(own))
    local pmd = fake { vdevs = { "net_vhost0,iface=s,queues=2", ("net_vhost1,iface=%s"):format(own),
      { "net_vhost2", iface = there }, { "net_tap0", iface = "tap7" } } }
    local words = pmd.console:since(0)
    assert.matches("net_vhost0,iface=[%w/-]+/moonrig%-%w+/s,queues=2", words)
    -- a network interface's name is no socket
    assert.matches("net_tap0,iface=tap7", words)
    pmd:quit()
    assert(io.open(own, "w")):close()
    ctx:clean()
    assert.is_nil((engine.fs.stat(own)))
    assert.is_truthy(engine.fs.stat(there))
    os.remove(there)
  end)

  it("gives the command line that its options say", function()
    local pmd = fake { nb_cores = 4, rxq = 2, txq = 2, rxd = 1024, txd = 1024,
      vdevs = { { "net_vhost0", iface = "s", queues = 2, client = true } } }
    local words = pmd.console:since(0):gsub("argv%[%d+%]: ", ""):gsub("\n", " ")
    assert.matches("%-n 4 %-%-file%-prefix=vhost%-%w+ %-%-no%-huge %-%-no%-shconf %-m 512 %-%-no%-pci", words)
    assert.matches("%-%-vdev net_vhost0,client=1,iface=[%w/-]+/moonrig%-%w+/s,queues=2 %-%- %-i", words)
    assert.matches("%-%-nb%-cores=4 %-%-rxq=2 %-%-txq=2 %-%-txd=1024 %-%-rxd=1024 %-%-total%-num%-mbufs=8192", words)
    pmd:quit()
  end)

  it("looks for the devices that are named, and for no others", function()
    local pmd = fake { allow = { "0000:00:05.0", "0000:00:06.0" } }
    local words = pmd.console:since(0):gsub("argv%[%d+%]: ", ""):gsub("\n", " ")
    assert.matches(" %-a 0000:00:05%.0 %-a 0000:00:06%.0 ", words)
    assert.is_nil(words:find("no-pci", 1, true))
    pmd:quit()
  end)

  it("has a file prefix of its own, unless it is a primary or a secondary", function()
    local function prefix(options)
      local pmd = fake(options)
      local words = pmd.console:since(0):match "file%-prefix=(%S+)"
      pmd:quit()
      return words
    end
    assert.is_true(prefix {} ~= prefix {})
    local shared = prefix { proc_type = "primary", hugepages = true }
    assert.matches("^vhost%-", shared)
    assert.equal(shared, prefix { proc_type = "secondary", hugepages = true })
    assert.matches("a secondary shares its primary's memory, which needs hugepages", tostring(ran(fake, { proc_type = "secondary" })))
  end)

  it("with hugepages says none of what replaces them", function()
    local pmd = fake { hugepages = true }
    assert.is_nil(pmd.console:since(0):find("no-huge", 1, true))
    assert.is_nil(pmd.console:since(0):find("total-num-mbufs", 1, true))
    pmd:quit()
  end)

  it("gives virtio-user one file for all hugepages, once", function()
    local function count(options)
      local pmd = fake(options)
      local _, n = pmd.console:since(0):gsub("single%-file%-segments", "")
      pmd:quit()
      return n
    end
    for _, name in ipairs { "net_virtio_user0", "virtio_user0" } do
      local virtio = { { name, path = "/tmp/none", server = 1 } }
      assert.equal(1, count { hugepages = true, vdevs = virtio })
      assert.equal(1, count { hugepages = true, vdevs = virtio, eal = { "--single-file-segments" } })
      assert.equal(0, count { vdevs = virtio })
    end
    assert.equal(0, count { hugepages = true, vdevs = { "net_null0" } })
  end)

  it("has a pool that its queues fit into, and memory for the pool", function()
    local function words(options)
      local pmd = fake(options)
      local seen = pmd.console:since(0):gsub("argv%[%d+%]: ", ""):gsub("\n", " ")
      pmd:quit()
      return seen:match "total%-num%-mbufs=(%d+)", seen:match " %-m (%d+) "
    end
    assert.same({ "8192", "512" }, { words {} })
    assert.same({ "8192", "512" }, { words { vdevs = { "net_null0" }, rxq = 2, txq = 2, rxd = 1024, txd = 1024 } })
    assert.same({ "33768", "512" }, { words { vdevs = { "net_null0", "net_null1" }, rxq = 8, txq = 8, rxd = 1024, txd = 1024 } })
    assert.same({ "263144", "771" },
      { words { vdevs = { "net_null0", "net_null1" }, rxq = 64, txq = 64, rxd = 1024, txd = 1024 } })
    assert.same({ "100", "64" }, { words { mbufs = 100, memory = 64, rxq = 8 } })
  end)

  describe("in a guest", function()
    -- This machine in the place of a guest with these options.
    local function in_guest(vm_options, options)
      ctx.machines[1] = { node = t:here(), options = vm_options }
      local pmd = fake(options)
      local words = pmd.console:since(0):gsub("argv%[%d+%]: ", ""):gsub("\n", " ")
      pmd:quit()
      ctx.machines[1] = nil
      return words
    end
    local GUEST = { hugepages = 128, ports = { {}, {} } }

    it("has the guest's NICs, hugepages and physical addresses", function()
      local words = in_guest(GUEST, {})
      assert.matches("%-%-file%-prefix=vhost %-%-iova%-mode=pa %-%- %-i %-%-total%-num%-mbufs=8192", words)
      assert.matches("mbufs=33768", in_guest(GUEST, { rxq = 8, txq = 8, rxd = 1024, txd = 1024 }))
    end)

    it("has only what it is given", function()
      assert.matches("%-%-iova%-mode=pa %-%-no%-pci %-%-vdev net_null0 %-%- ", in_guest(GUEST, { vdevs = { "net_null0" } }))
      assert.matches("%-%-iova%-mode=pa %-a 0000:00:05%.0 %-%- ", in_guest(GUEST, { allow = { "0000:00:05.0" } }))
      assert.matches("%-%-iova%-mode=va .*%-%-total%-num%-mbufs=2048", in_guest(GUEST, { iova_mode = "va", mbufs = 2048 }))
      assert.matches("%-%-no%-huge %-%-no%-shconf %-m 512 %-%- ", in_guest(GUEST, { hugepages = false }))
      assert.matches("%-%-no%-huge %-%-no%-shconf %-m 512 %-%- ", in_guest({ hugepages = 0, ports = {} }, {}))
    end)
  end)

  it("has a file prefix that other programs attach with", function()
    local pmd = fake()
    local prefix = pmd:file_prefix()
    assert.matches("file%-prefix=" .. prefix:gsub("%p", "%%%0"), (pmd.console:since(0)))
    assert.matches("/dpdk/" .. prefix:gsub("%p", "%%%0") .. "$", pmd:runtime_folder())
    local other = fake { proc_type = "secondary", hugepages = true, file_prefix = prefix, name = "other" }
    assert.equal(prefix, other:file_prefix())
    other:quit()
    -- as the plans write it: the primary's own option
    local asked = fake { file_prefix = "asked", name = "primary" }
    other = fake { proc_type = "secondary", hugepages = true, file_prefix = "asked", name = "secondary" }
    assert.equal(asked:file_prefix(), other:file_prefix())
    other:quit()
    asked:quit()
    pmd:quit()
  end)

  it("answers a command with what came between echo and prompt", function()
    local pmd = fake()
    assert.equal("hello there\n", pmd:command "echo hello there")
    assert.matches("^this is no testpmd> prompt\nand this testpmd> neither\n$", pmd:command "inline")
    assert.equal("red text\n", pmd:command "colour")
    assert.equal("after\n", pmd:command "cut" and pmd:command "echo after")
    pmd:quit()
  end)

  it("raises for a command that it refuses, a line that is none, a program that ends", function()
    local pmd = fake()
    local err = ran(pmd.command, pmd, "no such thing")
    assert.equal("EINVAL", fail.code(err))
    assert.matches("Command not found", tostring(err))
    assert.matches("control characters", tostring(ran(pmd.command, pmd, "echo a\necho b")))
    err = ran(pmd.command, pmd, "die 3")
    assert.equal("EPIPE", fail.code(err))
    assert.matches("exit status 3", tostring(err))
    assert.matches("closed", tostring(ran(pmd.command, pmd, "echo late")) .. " closed")
    assert.matches("exit status 3", tostring(ran(pmd.quit, pmd)))
  end)

  it("does not take a late answer for the next one's", function()
    local pmd = fake()
    local go = ctx.scratch .. "/go"
    assert.equal("ETIMEDOUT", fail.code(ran(pmd.command, pmd, "await " .. go, 0.1)))
    assert.matches("still unanswered", tostring(ran(pmd.command, pmd, "echo early", 0.1)))
    assert(io.open(go, "w")):close()
    assert.equal("mine\n", pmd:command "echo mine")
    pmd:quit()
  end)

  it("that ended before it was asked to did not quit well", function()
    local pmd = fake()
    pmd.console:type "die 0\n"
    assert(pmd.console:await_exit(10))
    assert.matches("testpmd.* had ended by itself, with exit status 0, before it was asked to", tostring(ran(pmd.quit, pmd)))
    assert.matches("but the case expected it to run", pmd:unexpected_end())
  end)

  it("statistics that it does not print are an error, not a zero", function()
    local pmd = fake()
    assert.matches("port_stats\n?", tostring(ran(pmd.port_stats, pmd)) .. "port_stats")
    assert.equal("EINVAL", fail.code(ran(pmd.set_fwd, pmd, "txonly")))
    pmd:quit()
  end)

  it("a forwarding mode that it does not know is answered with the nearest that it does", function()
    local pmd = fake()
    for wrong, right in pairs { ["shared-rxq"] = "shared_rxq", shared_rx = "shared_rxq", ["rx-only"] = "rxonly",
      ["recycle-mbufs"] = "recycle_mbufs", tx_only = "txonly", ["5t-swap"] = "5tswap" } do
      assert.matches("did you mean [^\n]*" .. right, tostring(ran(pmd.set_fwd, pmd, wrong)))
    end
    assert.is_nil(tostring(ran(pmd.set_fwd, pmd, "shared_rxq")):find("did you mean", 1, true))
    pmd:quit()
  end)

  it("keeps what it shows in phases, notices and values", function()
    t:phase "one"
    t:phase "two"
    t:note "once"
    t:note "once"
    t:note { rx = 1 }
    t:value("n", 3)
    assert.equal("one", result.phases[1].name)
    assert.equal("number", type(result.phases[1].seconds))
    assert.same({ "once", "{rx = 1}" }, result.notices)
    assert.equal(3, result.values.n)
  end)
end)

describe("hotplug_mp on the fake", function()
  it("lists, detaches and attaches, the other process sees it", function()
    local primary, secondary = fake_hotplug("primary", TWO), fake_hotplug "secondary"
    assert.same({ ["0000:00:05.0"] = 0, ["0000:00:06.0"] = 1 }, primary:list().by_device)
    assert.same({ ok = true, words = "detached device 0000:00:05.0", log = {} }, primary:detach "0000:00:05.0")
    assert.same({ ["0000:00:06.0"] = 1 }, secondary:list().by_device)
    assert.is_true(secondary:attach("0000:00:05.0").ok)
    assert.same({ ["0000:00:05.0"] = 0, ["0000:00:06.0"] = 1 }, primary:list().by_device)
    assert.equal(0, secondary:quit().code)
    assert.equal(0, primary:quit().code)
  end)

  it("gives refusals as values", function()
    local p = fake_hotplug("refuses", TWO)
    assert.is_false(p:attach("absent0").ok)
    assert.equal("failed to detach device net_null0", p:detach("net_null0").words)
    assert.is_false(p:attach(",,").ok)
    p:quit()
  end)

  it("shows a detach that did nothing, and an attach that did nothing", function()
    local p = fake_hotplug("lies", TWO, "detach-noop")
    assert.is_true(p:detach("0000:00:05.0").ok)
    assert.equal(0, p:list().by_device["0000:00:05.0"])
    p:quit()
    p = fake_hotplug("lies", TWO, "attach-noop")
    assert.is_true(p:attach("net_null0").ok)
    assert.is_nil(p:list().by_device["net_null0"])
    p:quit()
  end)

  it("takes no list that is doubled or cut", function()
    local p = fake_hotplug("twice", TWO, "twice")
    assert.equal("EPROTO", fail.code(ran(p.list, p)))
    p:quit()
    p = fake_hotplug("cut", TWO, "cut")
    local err = ran(p.list, p)
    assert.equal("EPIPE", fail.code(err))
    assert.matches("cut", tostring(err))
  end)

  it("reads replies among log lines behind the prompt", function()
    local p = fake_hotplug("noisy", TWO, "noisy")
    assert.same({ ["0000:00:05.0"] = 0, ["0000:00:06.0"] = 1 }, p:list().by_device)
    assert.is_true(p:detach("0000:00:05.0").ok)
    p:quit()
  end)

  it("raises when it dies in the middle of a command", function()
    local p = fake_hotplug("dies", TWO, "die")
    local err = ran(p.attach, p, "net_null0")
    assert.equal("EPIPE", fail.code(err))
    assert.matches("exit status 0", tostring(err))
  end)

  it("refuses what its prompt cannot take", function()
    local p = fake_hotplug("words", TWO)
    for _, bad in ipairs { "a b", "", "x\n", ("x"):rep(600), "what?" } do
      assert.matches("is no command of hotplug_mp: expected list, attach DEVARGS or detach DEVARGS", tostring(ran(p.attach, p, bad)))
    end
    p:quit()
  end)
end)

describe("a DPDK process with a prompt", function()
  it("takes commands, waits for texts, quits", function()
    local p = t:mp { program = build .. "/fake_testpmd", name = "prompted", ready = "testpmd> ", quit = "quit" }
    assert.equal("hello\n", p:command "echo hello")
    p.console:type "delay 20\n"
    assert.matches("delay", p:expect "testpmd> ")
    assert.equal(0, p:quit().code)
  end)

  local function ended(code)
    local p = t:mp { program = build .. "/fake_testpmd", name = "brief", ready = "testpmd> ", quit = "quit" }
    p.console:type(("die %d\n"):format(code))
    assert(p.console:await_exit(10))
    return p
  end

  it("that ended before it was asked to did not quit well", function()
    for _, ask in ipairs { "quit", "interrupt" } do
      local p = ended(0)
      assert.matches("brief.* had ended by itself, with exit status 0, before it was asked to", tostring(ran(p[ask], p)))
      assert.matches("exit status 0, but the case expected it to run", p:unexpected_end())
      p.console:close(5)
    end
  end)

  it("that ended is heard of where the case looks, waits or sends the signal", function()
    local p = ended(0)
    assert.matches("exit status 0, but the case expected it to run", p:unexpected_end())
    assert.equal(0, p:wait(5).code)
    assert.is_nil(p:unexpected_end())
    assert.equal(0, p:quit().code)
    p = t:mp { program = build .. "/fake_testpmd", name = "told", ready = "testpmd> ", quit = "quit" }
    p:signal "TERM"
    assert(p.console:await_exit(10))
    assert.equal("SIGTERM", p:quit().signal)
  end)

  it("without one says how to have one", function()
    local p = t:mp { program = build .. "/fake_testpmd", name = "unprompted", quit = "quit" }
    assert.matches("ready = PROMPT", tostring(ran(p.command, p, "x")))
    p:quit()
  end)
end)

describe("t", function()
  it("eventually is a check: true once, or a failure that says what", function()
    local n = 0
    assert.equal(3, t:eventually(5, function() n = n + 1 return n == 3 and n end, "three"))
    local err = ran(t.eventually, t, 0.1, function() return false end, "never so")
    assert.equal("check", err.kind)
    assert.matches("never so, within 0.1 s", tostring(err))
    assert.equal(2, t:count())
  end)

  it("eventually does not take a success that came after its time", function()
    local err = ran(t.eventually, t, 0.1, function() t:elapse(0.4) return true end, "it is up")
    assert.equal("check", err.kind)
    assert.matches("it is up, within 0.1 s: its success: it took %d+%.%d+ s", tostring(err))
    assert.equal(err, t.checks.failed)
  end)

  it("eventually counts what failed last, where the failure is caught", function()
    local err = ran(t.eventually, t, 0.1, function() t:equal(1, 2, "one is two") return true end, "so")
    assert.matches("one is two: expected 2, got 1", tostring(err))
    assert.equal(err, t.checks.failed)
    assert.equal("one is two", result.checks[#result.checks].what)
    assert.same({ 1, 1 }, { t:count(), #result.checks })
    ran(t.eventually, t, 0.1, function() error "no such file" end, "so")
    assert.equal(err, t.checks.failed)
  end)

  -- fn's error, and how often fn was called.
  local function stopped(fn, ...)
    local calls, deadline = 0, 100
    local err = ran(t.eventually, t, deadline, function()
      calls = calls + 1
      return fn(calls)
    end, ...)
    return err, calls
  end

  it("eventually ends at once with an error, which is the reason", function()
    local here = t:here()
    local console = here:spawn({ "sh", "-c", "exit 3" }, { name = "dead" })
    console:await_exit(10)
    local fns = {
      ["a text, of the scenario"] = function() error "no such file" end,
      ["what is nil"] = function() return (nil).x end,
      ["a program that died"] = function() return console:expect("alive", 10) end,
      ["no such program"] = function() return here:run { "/no/such/program" } end,
      ["a command that takes too long"] = function() return here:run({ "sleep", "100" }, { timeout = 0.01 }) end,
      ["a table"] = function() error({ code = 7 }) end,
      ["a skip"] = function() t:skip "no card" end,
    }
    for what, fn in pairs(fns) do
      local err, calls = stopped(fn, what)
      assert.equal(1, calls, what)
      assert.is_truthy(err)
      assert.equal(0, t:count(), what)
    end
    assert.matches("dead ended with exit status 3", tostring((stopped(fns["a program that died"]))))
    -- also after values that are not yet true
    assert.same({ "no such file", 3 }, { stopped(function(n) return n == 3 and error("no such file", 0) end) })
  end)

  it("eventually tolerates errors where it is told to, and raises the last one", function()
    local function fn(n) return n == 3 or error("not up yet", 0) end
    local n = 0
    local function counts() n = n + 1 return fn(n) end
    assert.is_true(t:eventually(100, counts, "it is up", { tolerate = true }))
    n = 0
    assert.is_true(t:eventually(100, counts, { tolerate = true }))
    assert.equal("not up yet", ran(t.eventually, t, 0.1, function() error("not up yet", 0) end, "so", { tolerate = true }))
    assert.matches("unknown option tolerant %(did you mean tolerate%?%)",
      tostring(ran(t.eventually, t, 0.1, fn, "so", { tolerant = true })))
  end)

  it("eventually shows the last values that it saw", function()
    local n = 0
    local err = ran(t.eventually, t, 0.1, function() n = n + 1 return false, n, "down" end, "the link is up")
    assert.matches(('the link is up, within 0%%.1 s: expected a true value, got false, %d, "down"'):format(n), tostring(err))
    assert.matches("got nil", tostring(ran(t.eventually, t, 0.01, function() end, "so")))
  end)

  it("spawn runs side by side, and join raises what was raised", function()
    local order = {}
    local a = t:spawn(function() t:elapse(0.05) order[#order + 1] = "a" return 7 end)
    local b = t:spawn(function() order[#order + 1] = "b" error("from b", 0) end)
    assert.equal(7, a:join(5))
    assert.same({ "b", "a" }, order)
    assert.equal("from b", ran(b.join, b, 5))
  end)

  it("runs a command here: status, output, deadline", function()
    local r = t:here():run({ "sh", "-c", "cat; echo err >&2; exit 4" }, { input = "in" })
    assert.same({ code = 4, out = "in", err = "err\n" }, r)
    local here = t:here()
    assert.equal("ETIMEDOUT", ran(here.run, here, { "sleep", "50" }, { timeout = 0.1 }).code)
    assert.equal("ENOENT", ran(here.run, here, { "no-such-program" }).code)
  end)
end)
