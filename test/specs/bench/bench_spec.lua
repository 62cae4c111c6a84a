local frame = require "bench.frame"

local M = { name = "a trip", unit = "s", ours = true,
  against = { { name = "C", at_most = 1.3 }, { name = "python", at_least = 3 } },
  limits = { { name = "memory", of = "kib", unit = "KiB", at_most = 64 } } }

local function rows(ours, c, python, kib)
  return frame.rows(M, { ours = ours, c, python, limits = { kib = kib } })
end

describe("bench.frame", function()
  it("takes the middle", function()
    assert.is_nil(frame.median {})
    assert.equal(3, frame.median { 9, 3, 1 })
    assert.equal(2.5, frame.median { 4, 1, 2, 3 })
    local values = { 3, 1, 2 }
    frame.median(values)
    assert.same({ 3, 1, 2 }, values)
  end)

  it("compares each round's own costs, and takes the ratios' median", function()
    -- the load changes tenfold from round to round: the ratios do not
    local c, python = unpack(rows({ 1, 10, 2 }, { 1, 10, 2 }, { 4, 40, 8 }, { 20 }))
    assert.equal(1, c.ratio)
    assert.equal(0, c.spread)
    assert.equal(2, c.ours)
    assert.equal(4, python.ratio)
    assert.equal(8, python.theirs)
    local third = rows({ 1, 1, 1 }, { 1, 0.5, 0.25 }, { 1, 1, 1 }, {})[1]
    assert.equal(2, third.ratio)
    assert.equal(1.5, third.spread)
  end)

  it("says met and missed, at the target itself, too", function()
    local function verdicts(...)
      local out = {}
      for i, row in ipairs(rows(...)) do out[i] = row.verdict end
      return table.concat(out, ", ")
    end
    assert.equal("met, met, met", verdicts({ 13 }, { 10 }, { 39 }, { 64 }))
    assert.equal("missed, missed, missed", verdicts({ 13.1 }, { 10 }, { 39 }, { 64.1 }))
    assert.equal("measured", frame.verdict({}, 7))
  end)

  it("does not pass what was not measured", function()
    local seen = { ours = { 1 }, { 1 }, {}, limits = {}, problem = "pexpect: it broke" }
    local c, python, memory = unpack(frame.rows(M, seen))
    assert.equal("met", c.verdict)
    assert.equal("not measured", python.verdict)
    assert.equal("not measured", memory.verdict)
    local lines = table.concat(frame.lines { c, python, memory }, "\n")
    assert.matches("pexpect: it broke", lines)
    assert.matches("3 targets: 1 met, 0 missed, 2 not measured", frame.summary { c, python, memory })
  end)

  it("compares another cost of ours with the same rounds of theirs, in a row of its own", function()
    local m = { name = "cold", what = "a boot", unit = "s", against = { { name = "stock", at_most = 0.4 } },
      also = { { name = "warm", of = "restored", at_most = 0.1, what = "a restore" } } }
    local seen = { ours = { 4, 8 }, { 10, 40 }, limits = { restored = { 2, 4 } } }
    local cold, warm = unpack(frame.rows(m, seen))
    assert.same({ "cold", "a boot", "met" }, { cold.name, cold.what, cold.verdict })
    assert.same({ "warm", "a restore", "stock", "missed" }, { warm.name, warm.what, warm.against, warm.verdict })
    assert.is_true(math.abs(warm.ratio - 0.15) < 1e-9)
    assert.same({ ours = { 2, 4 }, theirs = { 10, 40 } }, warm.rounds)
    seen.limits = {}
    assert.equal("not measured", frame.rows(m, seen)[2].verdict)
  end)

  it("writes costs in the unit that fits", function()
    for text, given in pairs { ["1.2 s"] = { 1.2, "s" }, ["25.3 us"] = { 25.32e-6, "s" }, ["1.5 ms"] = { 1.5e-3, "s" },
      ["3 ns"] = { 3e-9, "s" }, ["16.1 KiB"] = { 16.12, "KiB" }, ["-"] = { nil, "s" } } do
      assert.equal(text, frame.cost(given[1], given[2]))
    end
  end)

  it("shows the ratio first, with its target", function()
    local lines = frame.lines(rows({ 0.0013 }, { 0.001 }, { 0.002 }, { 20 }))
    assert.matches("^met +1%.3 +at most 1%.3 +1%.3 ms +1 ms +a trip, against C$", lines[2])
    assert.matches("^missed +1%.54 +at least 3 +1%.3 ms +2 ms +a trip, against python$", lines[3])
    assert.matches("^met +20 +at most 64 +20 KiB +a trip: memory$", lines[4])
  end)

  it("compares with a stored run, row by row", function()
    local before = rows({ 1 }, { 1 }, { 4 }, { 10 })
    local lines = frame.changes(rows({ 1 }, { 1 }, { 2 }, { 20 }), { before[2], before[3] })
    assert.matches("^ +%- %-> 1 +a trip, against C$", lines[1])
    assert.matches("^ +4 %-> 2 +%-50 %%  a trip, against python$", lines[2])
    assert.matches("^ +10 %-> 20 +%+100 %%  a trip, memory$", lines[3])
  end)
end)
