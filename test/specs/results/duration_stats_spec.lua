-- trend: medians, what is slower than usual, how often a case is flaky. Known values, computed elsewhere.

local duration_stats = require "results.duration_stats"

local function rows_of(seconds, more)
  local rows = {}
  for i, s in ipairs(seconds) do rows[i] = { run = "r" .. i, status = "PASS", seconds = s } end
  for _, row in ipairs(more or {}) do rows[#rows + 1] = row end
  return rows
end

describe("median and MAD", function()
  it("have the known values", function()
    assert.is_nil(duration_stats.median {})
    assert.is_nil(duration_stats.mad {})
    assert.equal(3, duration_stats.median { 9, 1, 3 })
    assert.equal(2.5, duration_stats.median { 4, 1, 3, 2 })
    assert.equal(1, duration_stats.mad { 1, 1, 2, 2, 4, 6, 9 })
    assert.equal(0, duration_stats.mad { 5 })
  end)

  it("do not change their argument", function()
    local values = { 3, 1, 2 }
    duration_stats.mad(values)
    assert.same({ 3, 1, 2 }, values)
  end)
end)

describe("a baseline", function()
  it("needs five passes", function()
    assert.is_nil(duration_stats.baseline(rows_of { 1, 1, 1, 1, 1 }, 5))
    assert.same({ median = 1, mad = 0, count = 5 }, duration_stats.baseline(rows_of { 1, 1, 1, 1, 1, 9 }, 6))
  end)

  it("is of passes alone, and of guests that booted the same way", function()
    local rows = rows_of { 1, 1, 1, 1, 1 }
    for i = 1, 5 do rows[#rows + 1] = { status = "FAIL", seconds = 100 + i } end
    for _ = 1, 5 do rows[#rows + 1] = { status = "PASS", seconds = 30, boot = "cold" } end
    rows[#rows + 1] = { status = "PASS", seconds = 1 }
    assert.equal(1, duration_stats.baseline(rows, #rows).median)
    rows[#rows].boot = "cold"
    assert.equal(30, duration_stats.baseline(rows, #rows).median)
    rows[#rows].boot = "snapshot"
    assert.is_nil(duration_stats.baseline(rows, #rows))
  end)

  it("forgets old passes", function()
    local seconds = {}
    for i = 1, 20 do seconds[i] = 100 end
    for i = 21, 40 do seconds[i] = 2 end
    seconds[41] = 2
    assert.same({ median = 2, mad = 0, count = 20 }, duration_stats.baseline(rows_of(seconds), 41))
  end)

  it("is compared by all three measures", function()
    local usual = { median = 10, mad = 0.5, count = 20 }
    assert.is_false(duration_stats.is_slower(12.5, usual)) -- 5 MAD
    assert.is_true(duration_stats.is_slower(12.6, usual))
    usual.mad = 0
    assert.is_false(duration_stats.is_slower(11, usual)) -- a tenth
    assert.is_true(duration_stats.is_slower(11.1, usual))
    assert.is_false(duration_stats.is_slower(0.11, { median = 0.01, mad = 0, count = 20 })) -- 0.1 s
    assert.is_true(duration_stats.is_slower(0.12, { median = 0.01, mad = 0, count = 20 }))
    assert.is_false(duration_stats.is_slower(1e6, nil))
  end)
end)

describe("flakes", function()
  it("have Wilson's interval", function()
    -- from R: prop.test(k, n, correct = FALSE)
    local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-4, ("%g, %g"):format(expected, got)) end
    local low, high = duration_stats.wilson(2, 40)
    near(0.01382, low)
    near(0.16501, high)
    low, high = duration_stats.wilson(0, 10)
    assert.equal(0, low)
    near(0.27754, high)
    low, high = duration_stats.wilson(10, 10)
    near(0.72246, low)
    assert.equal(1, high)
    assert.same({ 0, 1 }, { duration_stats.wilson(0, 0) })
  end)

  it("are passes on a retry, and failures in a run with a pass", function()
    local rows = { { run = "a", status = "PASS" }, { run = "a", status = "FAIL" }, { run = "a", status = "ERROR" },
      { run = "b", status = "FAIL" }, { run = "c", status = "FLAKY" }, { run = "d", status = "SKIP" },
      { run = "e", status = "XFAIL" } }
    local f = duration_stats.flakes(rows)
    assert.same({ 3, 5 }, { f.flaky, f.of })
    assert.is_true(f.low > 0 and f.low < 0.6 and f.high > 0.6 and f.high < 1)
    assert.equal(0, duration_stats.flakes({}).of)
  end)
end)

describe("a sparkline", function()
  it("is as high as its numbers, from 0 on", function()
    assert.equal("▁▅█", duration_stats.sparkline { 0, 5, 10 })
    assert.equal("██·█", duration_stats.sparkline { 7, 7, false, 7 })
    assert.equal("▁█", duration_stats.sparkline { -5, 5 })
    assert.equal("▁▁", duration_stats.sparkline { 0, 0 })
    assert.equal("", duration_stats.sparkline {})
  end)
end)
