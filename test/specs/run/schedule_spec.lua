local scenario = require "case.scenario"
local schedule = require "run.schedule"

local MACHINE = { cpus = 4, memory = 4096 }
local VM = schedule.weight { needs = { "vm", "testpmd" } }
local SMALL = schedule.weight {}

describe("schedule.weight", function()
  it("is the header's, otherwise its needs'", function()
    assert.is_true(VM.cpus > SMALL.cpus and VM.memory > SMALL.memory)
    assert.same({ cpus = 9, memory = 100 }, schedule.weight { needs = { "vm" }, cpus = 9, memory = 100 })
    local waits = scenario.load("waits.lua", { modules = {},
      text = 'return rig.case { name = "x", cpus = 0.1, memory = 64, run = print }' })
    assert.same({ cpus = 0.1, memory = 64 }, schedule.weight(waits))
  end)
end)

describe("schedule.next", function()
  it("starts as many as were asked for, in their order", function()
    assert.equal(1, schedule.next({ SMALL, VM }, { VM }, 2, MACHINE))
    assert.is_nil(schedule.next({ SMALL }, { VM, VM }, 2, MACHINE))
    assert.is_nil(schedule.next({}, {}, 2, MACHINE))
  end)

  it("starts the first that fits the machine", function()
    assert.equal(2, schedule.next({ VM, SMALL }, { VM }, "auto", MACHINE))
    assert.is_nil(schedule.next({ VM }, { VM }, "auto", MACHINE))
  end)

  it("runs what is too large for the machine alone", function()
    local huge = { cpus = 99, memory = 99999 }
    assert.equal(1, schedule.next({ huge }, {}, "auto", MACHINE))
    assert.is_nil(schedule.next({ huge }, { SMALL }, "auto", MACHINE))
  end)
end)

describe("schedule.shuffle", function()
  local items = { 1, 2, 3, 4, 5, 6, 7, 8 }

  it("loses nothing, and changes what it was given not", function()
    local out = schedule.shuffle(items, 7)
    table.sort(out)
    assert.same(items, out)
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8 }, items)
  end)

  it("is decided by its seed", function()
    assert.same(schedule.shuffle(items, 7), schedule.shuffle(items, 7))
    assert.not_same(schedule.shuffle(items, 7), schedule.shuffle(items, 8))
    assert.equal(8, #schedule.shuffle(items, 0))
  end)
end)
