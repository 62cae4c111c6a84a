-- case_table, run_facts, product: the verdicts of several runs side by side, what differs between the runs, and the runs of
-- one command.

local engine = require "engine"

local case_table = require "results.case_table"
local moonrig = require "specs.moonrig"
local product = require "results.product"
local run_facts = require "results.run_facts"

local function run(statuses, more)
  local out = { cases = {} }
  for i, one in ipairs(statuses) do
    out.cases[i] = { plan = "p", name = one[1], status = one[2], reason = one[3] }
  end
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local function names(rows)
  local out = {}
  for i, row in ipairs(rows) do out[i] = row.name end
  return table.concat(out, " ")
end

describe("the table of cases", function()
  it("has a row for each case of any run, and each round of one", function()
    local rows = case_table.rows { run { { "a", "PASS" }, { "a", "FAIL", "no" } }, run { { "b", "PASS" } } }
    assert.equal("p/a p/a (2) p/b", names(rows))
    assert.same({ { status = "FAIL", reason = "no", number = 1 } }, rows[2].cells)
    assert.same({ [2] = { status = "PASS", number = 0 } }, rows[3].cells)
  end)

  it("knows which differ: another verdict, or none of a run that happened", function()
    local missing = run({}, { is_missing = true })
    local rows = case_table.rows { run { { "same", "PASS" }, { "other", "PASS" }, { "gone", "PASS" } },
      run { { "same", "PASS" }, { "other", "XFAIL" } }, missing }
    assert.same({ false, true, true }, { rows[1].differs, rows[2].differs, rows[3].differs })
    assert.equal("p/other p/gone p/same", names(case_table.different_first(rows)))
  end)
end)

describe("the facts of runs", function()
  it("are those that differ, and those that are asked for", function()
    local one = run({}, { under_test = { dpdk = "/b" }, dpdk = "not used", dpdk_build = { version = "DPDK 25.11.0",
      commit = "0123456789abcdef" }, qemu = "7.2", kernel = "6.1", host = { cpus = 2 }, accelerator = "tcg" })
    local two = run({}, { dpdk = "22.11.11", qemu = "7.2", kernel = "6.1", host = { cpus = 4 }, accelerator = "kvm" })
    local facts = run_facts.of({ one, two }, { qemu = true })
    assert.equal("dpdk /b (25.11.0), commit 0123456789ab, qemu 7.2, accel tcg, cpus 2", run_facts.words(facts[1]))
    assert.equal("dpdk 22.11.11, qemu 7.2, accel kvm, cpus 4", run_facts.words(facts[2]))
  end)

  it("have choices of each kind", function()
    local facts = run_facts.of({ run({}, { under_test = { hugepages = "on", image = { disk = "/a.qcow2" } }, image = "i" }),
      run({}, { under_test = { hugepages = "off", image = "/b.qcow2" }, image = "i" }), run({}, { image = "i" }) }, {})
    assert.equal("hugepages on, image /a.qcow2 (i)", run_facts.words(facts[1]))
    assert.equal("hugepages off, image /b.qcow2 (i)", run_facts.words(facts[2]))
    assert.equal("image i", run_facts.words(facts[3]))
  end)

  it("of a run that did not happen are no difference", function()
    local facts = run_facts.of({ run({}, { kernel = "6.1" }), run({}, { is_missing = true, under_test = { dpdk = "/b" } }) },
      { dpdk = true })
    assert.same({ {}, { { name = "dpdk", words = "/b" } } }, facts)
    assert.equal("x", run_facts.words({}, "x"))
  end)
end)

describe("the runs of a product", function()
  local rig = moonrig.new()
  local ALL = { { dpdk = "/a" }, { dpdk = "/b" }, { dpdk = "/c" } }
  local FIRST = "20260101T000000Z-1"

  -- Writes a run's results; returns it and its folder.
  local function write(id, combination)
    assert(engine.fs.mkdir(rig.work .. "/" .. id))
    local results = run({ { "a", "PASS" } }, { id = id, combination = combination })
    rig:write(id .. "/results.json", require("format.results").text(results))
    return results, rig.work .. "/" .. id
  end

  setup(function()
    write("20250101T000000Z-1", { of = FIRST, index = 2, all = ALL })
    write(FIRST, { of = FIRST, index = 1, all = ALL })
    write("20260101T000001Z-1", nil)
    write("20260101T000002Z-1", { of = "20260101T000001Z-9", index = 3, all = ALL })
  end)

  it("are found in the folder of results, in the order of their combinations", function()
    local runs, ids = product.runs(write("20260101T000003Z-1", { of = FIRST, index = 3, all = ALL }))
    assert.same({ FIRST, nil, "20260101T000003Z-1" }, ids)
    assert.equal(FIRST, runs[1].id)
    assert.same({ is_missing = true, cases = {}, under_test = { dpdk = "/b" } }, runs[2])
    assert.equal(3, runs[3].combination.index)
  end)

  it("are none of a run of its own, of a folder with another name, or with odd results", function()
    local results = write("20260101T000004Z-1", { of = FIRST, index = 2, all = ALL })
    assert.is_nil(product.runs(run({}), rig.work .. "/" .. FIRST))
    assert.is_nil(product.runs(results, rig.work .. "/moonrig-20260101T000004Z-1"))
    for _, odd in ipairs { "x", { of = {}, index = 1, all = ALL }, { of = "%a", index = 1, all = ALL },
      { of = FIRST, index = 4, all = ALL }, { of = FIRST, index = 1, all = { "x" } }, { of = FIRST, index = 1 } } do
      assert.is_nil(product.runs(run({}, { combination = odd }), rig.work .. "/" .. FIRST))
    end
  end)

  teardown(function() rig:remove() end)
end)
