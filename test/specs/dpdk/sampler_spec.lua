-- Packets per second, beside the case: what is counted, and that the case does not notice.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local process = require "dpdk.process"
local options = require "base.options"
local sampler = require "dpdk.sampler"
local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"

-- for options.classes
require "dpdk.hotplug"
require "dpdk.testpmd"
require "vm.vm"

describe("sampler.rates", function()
  local function look(at, rx, tx, q_rx, q_tx)
    local stats = { ipackets = rx, opackets = tx, q_ipackets = q_rx, q_opackets = q_tx }
    return { at = at, stats = stats, queues = sampler.queues(stats) or {} }
  end

  it("is what came since, per second", function()
    assert.same({ rx = 50, tx = 100 }, sampler.rates(look(12, 200, 300), look(10, 100, 100)))
  end)

  it("is of each queue, where more than the first counts", function()
    assert.same({ rx = 3, tx = 0, queues = { { rx = 1, tx = 0 }, { rx = 2, tx = 0 } } },
      sampler.rates(look(1, 3, 0, { 1, 2, 0, 0 }, { 0, 0, 0, 0 }), look(0, 0, 0, { 0, 0, 0, 0 }, { 0, 0, 0, 0 })))
    assert.same({ rx = 3, tx = 0 }, sampler.rates(look(1, 3, 0, { 3, 0 }, { 0, 0 }), look(0, 0, 0, { 0, 0 }, { 0, 0 })))
  end)

  it("is of each queue that extended statistics count", function()
    local one, two = look(0, 0, 0), look(1, 3, 5)
    one.queues, two.queues = { [0] = { rx = 0, tx = 0 }, [2] = { rx = 0 } }, { [0] = { rx = 1, tx = 5 }, [2] = { rx = 2 } }
    assert.same({ rx = 3, tx = 5, queues = { { rx = 1, tx = 5 }, {}, { rx = 2 } } }, sampler.rates(two, one))
    one.queues = {}
    assert.same({ rx = 3, tx = 5 }, sampler.rates(two, one))
  end)

  it("is not known where the counters were cleared, or are none", function()
    assert.is_nil(sampler.rates(look(12, 5, 300), look(10, 100, 100)))
    assert.is_nil(sampler.rates(look(12, nil, 300), look(10, 100, 100)))
    assert.is_nil(sampler.rates(look(10, 1, 1), look(10, 1, 1)))
  end)
end)

-- Programs on guests that are none: what is asked of their telemetry, and when no more.
describe("a primary on a guest", function()
  local real, logged, asked, naps, open, ctx = {}, nil, nil, nil, nil, nil
  local is_new = false -- since DPDK 25.11 only the extended statistics count by queue

  -- A client of a process `pid` with two ports of two queues, each of which receives 100 packets from look to look.
  local function client(pid)
    local looks, self = {}, {}
    open = open + 1
    function self.greeting() return { pid = pid } end
    function self.close() open = open - 1 end
    function self.ask(_, command)
      asked[#asked + 1] = command
      if command == "/ethdev/list" then return { 0, 1 } end
      looks[command] = (looks[command] or 0) + 1
      local n = looks[command] * 100
      if command:find "xstats" then
        return { rx_q0_good_packets = n, tx_q0_good_packets = 0, rx_q1_good_packets = n, tx_q1_good_packets = 0 }
      end
      if is_new then return { ipackets = 2 * n, opackets = 0 } end
      return { ipackets = 2 * n, opackets = 0, q_ipackets = { n, n, 0 }, q_opackets = { 0, 0, 0 } }
    end
    return self
  end

  -- So many turns of the loop; a sampler sleeps for one of them.
  local function turns(n)
    for _ = 1, n do real.elapse(0) end
  end

  local function node(pid)
    return { pid = pid, is_here = function() return false end, run = function() return { code = 1 } end }
  end

  local function program(name, on, pid, path)
    local console = { pid = function() return pid or on.pid end, exit = function() end,
      signal = function() return true end }
    return { ctx = ctx, node = on, console = console, telemetry_path = path or "/rte", name = function() return name end }
  end

  before_each(function()
    logged, asked, naps, open, ctx, is_new = {}, {}, {}, 0, { samplers = {} }, false
    local now = 0
    for _, name in ipairs { "telemetry", "log", "elapse", "now" } do real[name] = engine[name] end
    engine.telemetry = function(on) return client(on.pid) end
    engine.log = function(event, e) logged[#logged + 1] = { event, e } end
    engine.now = function() return now end
    engine.elapse = function(seconds)
      naps[#naps + 1] = seconds
      now = now + seconds
      return real.elapse(0)
    end
  end)

  after_each(function()
    sampler.finish_all(ctx)
    for name, fn in pairs(real) do engine[name] = fn end
    assert.equal(0, open)
  end)

  it("is asked once a second or less often, and rates have its name", function()
    sampler.begin(program("primary", node(7)))
    turns(10)
    assert.same({ "/ethdev/list", "/ethdev/stats,0", "/ethdev/stats,1", "/ethdev/stats,0" }, { unpack(asked, 1, 4) })
    assert.same({ 1, 2, 2 }, { unpack(naps, 1, 3) })
    local queue = { rx = 100, tx = 0 }
    assert.same({ "sample", { console = "primary", port = 0, rx = 200, tx = 0, queues = { queue, queue }, first = true } },
      logged[1])
    assert.equal(1, logged[2][2].port)
  end)

  it("is asked for its queues where its statistics have none", function()
    is_new = true
    sampler.begin(program("primary", node(7)))
    turns(10)
    assert.same({ "/ethdev/list", "/ethdev/stats,0", "/ethdev/xstats,0", "/ethdev/stats,1", "/ethdev/xstats,1" },
      { unpack(asked, 1, 5) })
    local queue = { rx = 100, tx = 0 }
    assert.same({ "sample", { console = "primary", port = 0, rx = 200, tx = 0, queues = { queue, queue }, first = true } },
      logged[1])
  end)

  it("is it alone: a secondary with the same socket is not asked", function()
    local guest = node(7)
    sampler.begin(program("secondary", guest, 8))
    turns(10)
    assert.same({}, asked)
    sampler.finish_all(ctx)
    sampler.begin(program("primary", guest))
    sampler.begin(program("secondary", guest, 8))
    turns(2)
    assert.equal(1, open)
    sampler.begin(program("another", guest, 7, "/other"))
    sampler.begin(program("elsewhere", node(9)))
    turns(10)
    assert.equal(3, open)
  end)

  it("is asked no more where it is told so, or its node is", function()
    local one, two = node(7), node(8)
    local first, second = program("first", one), program("second", two)
    sampler.begin(first)
    sampler.begin(second)
    turns(3)
    sampler.finish_all(ctx, one)
    assert.equal(1, open)
    local n = #asked
    turns(3)
    assert.is_true(#asked > n)
    sampler.finish(second)
    assert.equal(0, open)
  end)

  local ends = {
    { "a device comes or goes there", function(p)
      pcall(options.classes.hotplug_mp.attach, p, "net_null0")
    end },
    { "a NIC is unplugged", function(p)
      pcall(options.classes.vm.unplug, { ctx = ctx, node = p.node }, "net0")
    end },
    { "a NIC is plugged in", function(p)
      pcall(options.classes.vm.plug, { ctx = ctx, node = p.node }, {})
    end },
    { "it is stopped", function(p) process.methods.signal(p, "STOP") end },
    { "traffic is over", function(p)
      pcall(vhost_pair.wait_until_quiet, { ctx = ctx }, p)
    end },
  }
  for _, one in ipairs(ends) do
    it("is asked no more once " .. one[1], function()
      local p = program("primary", node(7))
      sampler.begin(p)
      turns(3)
      assert.equal(1, open)
      one[2](p)
      assert.equal(0, open)
    end)
  end

  -- A testpmd of the same kind, which takes any line and answers nothing.
  local function testpmd()
    local p = program("testpmd", node(7))
    function p.console.command(_, line) return line .. "\n", 1 end
    p.prompt, p.command = "testpmd> ", options.classes.testpmd.command
    return p
  end

  it("is asked from a start on, however that is typed, until a stop", function()
    for _, start in ipairs { "start", "start tx_first", "start tx_first 32", "  start\ttx_first   32 ", "start # now",
        "start tx_first#32", "start tx_first 7 # a burst" } do
      for _, stop in ipairs { "stop", " stop ", "\tstop # enough", "port  attach net_null0", " port detach 1",
          "device   detach net_null0" } do
        local p = testpmd()
        p:command(start)
        turns(1)
        assert.equal(1, open, start)
        p:command(stop)
        assert.equal(0, open, stop)
      end
    end
  end)

  it("is not asked for what only looks like a start", function()
    for _, line in ipairs { "port start all", "start all", "starts", "show start", "#start", "start tx_firsts", "" } do
      local p = testpmd()
      p:command(line)
      turns(1)
      assert.equal(0, open, line)
    end
  end)

  it("is asked on once it goes on", function()
    local p = program("primary", node(7))
    sampler.begin(p)
    process.methods.signal(p, "CONT")
    turns(3)
    assert.equal(1, open)
  end)

  it("is symmetric_mp's, from its ready on", function()
    local guest = node(7)
    local where = { mp = function(_, o) return program(o.name, guest, 7 + o.proc_id) end }
    symmetric.start(where, 1, 2, 1, "secondary")
    turns(1)
    assert.equal(0, open)
    for id = 0, 1 do symmetric.start(where, id, 2, 1, "auto") end
    turns(5)
    assert.equal(1, open)
    assert.equal("symmetric_mp-0", logged[1][2].console)
  end)
end)

describe("a testpmd that forwards", function()
  local rig, ran = moonrig.new(), 0

  -- Runs steps with a null port's testpmd, `pmd`; the case, its folder, the timeline's events.
  local function run(steps)
    ran = ran + 1
    steps = steps:gsub("OUT", rig.work .. "/out")
    local plan = rig:plan("plan" .. ran, { x = moonrig.case([[
      local pmd = t:testpmd { vdevs = { "net_null0" }, lcores = "1-2" }
      pmd:set_fwd "rxonly"
      ]] .. steps, 'needs = { "testpmd" },') })
    local code, said = rig:call { "run", plan, "-o", rig.work .. "/out" }
    assert.equal(0, code, said)
    local folder, events = engine.fs.realpath(rig.work .. "/out/latest"), {}
    for line in moonrig.read(folder .. "/timeline.jsonl"):gmatch "[^\n]+" do
      events[#events + 1] = engine.json.decode(line)
    end
    return moonrig.results(rig.work .. "/out").cases[1], folder, events
  end

  local function of(events, name)
    local out = {}
    for _, e in ipairs(events) do
      if e.ev == name then out[#out + 1] = e end
    end
    return out
  end

  teardown(function()
    assert.equal("", rig:leftovers())
    rig:remove()
  end)

  it("is on the timeline with its rates, and that is all that is seen of it", function()
    local case, folder, events = run [[
      pmd:start()
      local engine = package.loaded.engine
      t:eventually(15, function()
        for _, name in ipairs(engine.fs.list "OUT") do
          local f = io.open("OUT/" .. name .. "/timeline.jsonl")
          local text = f and f:read "*a" or ""
          if f then f:close() end
          if text:find('"ev":"sample"', 1, true) then return true end
        end
      end, "it was looked at")
      pmd:stop()
      pmd:quit()]]
    local samples = of(events, "sample")
    assert.is_true(#samples > 0)
    for _, e in ipairs(samples) do
      assert.equal("testpmd", e.console)
      assert.is_true(e.rx > 0 and e.tx == 0)
    end
    assert.is_true(samples[1].first)
    assert.same({}, of(events, "telemetry"))
    assert.is_nil(moonrig.read(folder .. "/plan1.x/recording.jsonl"):find("/ethdev/", 1, true))
    assert.equal("PASS", case.status)
  end)

  it("has the scenario's ten clients, too", function()
    local _, _, events = run [[
      local clients = {}
      for i = 1, 10 do clients[i] = pmd:telemetry() end
      pmd:start()
      for i = 1, 10 do t:equal(#clients[i]:ports(), 1, "client " .. i) end
      pmd:stop()
      for i = 1, 10 do clients[i]:close() end
      pmd:quit()]]
    assert.same({}, of(events, "sample"))
  end)

  it("may be killed, or left running", function()
    run [[
      pmd:start()
      t:elapse(0.3)
      pmd:kill()
      t:truthy(true, "it is gone")]]
    run [[
      pmd:start()
      t:elapse(0.3)
      t:truthy(true, "it runs")
      pmd:quit()]]
  end)

  it("is replayed without it", function()
    local _, folder = run [[
      pmd:start()
      t:elapse(0.5)
      pmd:stop()
      t:truthy(true, "it went")
      pmd:quit()]]
    local code, said = rig:call { "replay", folder }
    assert.equal(0, code, said)
    assert.matches("1 as recorded", said)
  end)
end)
