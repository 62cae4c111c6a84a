-- Packets per second, beside the case: what is counted, and that the case does not notice.

require "spec.helper"
local engine = require "engine"
if not engine.here then return end -- outside of the engine there is nothing to run

local moonrig = require "spec.moonrig"
local sampler = require "sampler"

describe("sampler.rates", function()
  local function look(at, rx, tx, q_rx, q_tx)
    return { at = at, stats = { ipackets = rx, opackets = tx, q_ipackets = q_rx, q_opackets = q_tx } }
  end

  it("is what came since, per second", function()
    assert.same({ rx = 50, tx = 100 }, sampler.rates(look(12, 200, 300), look(10, 100, 100)))
  end)

  it("is of each queue, where more than the first counts", function()
    assert.same({ rx = 3, tx = 0, queues = { { rx = 1, tx = 0 }, { rx = 2, tx = 0 } } },
      sampler.rates(look(1, 3, 0, { 1, 2, 0, 0 }, { 0, 0, 0, 0 }), look(0, 0, 0, { 0, 0, 0, 0 }, { 0, 0, 0, 0 })))
    assert.same({ rx = 3, tx = 0 }, sampler.rates(look(1, 3, 0, { 3, 0 }, { 0, 0 }), look(0, 0, 0, { 0, 0 }, { 0, 0 })))
  end)

  it("is not known where the counters were cleared, or are none", function()
    assert.is_nil(sampler.rates(look(12, 5, 300), look(10, 100, 100)))
    assert.is_nil(sampler.rates(look(12, nil, 300), look(10, 100, 100)))
    assert.is_nil(sampler.rates(look(10, 1, 1), look(10, 1, 1)))
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
      local engine = require "engine"
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
    assert.is_nil(moonrig.read(folder .. "/plan1.x/tape.jsonl"):find("/ethdev/", 1, true))
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
