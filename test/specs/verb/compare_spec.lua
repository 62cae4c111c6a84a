-- compare: what changed between two runs, and nothing else.

local engine = require "engine"

local compare = require "results.compare"
local moonrig = require "specs.moonrig"

local function run(cases, more)
  local r = { id = "r", moonrig = "0.1.0", dpdk = "22.11", host = { cpus = 2 }, cases = cases }
  for key, value in pairs(more or {}) do r[key] = value end
  return r
end

local function case(more)
  local c = { plan = "p", name = "c", status = "PASS", seconds = 2, checks = { { what = "one", ok = true } },
    phases = { { name = "setup", seconds = 1 } }, values = { rate = { rx = 100 }, word = "a" } }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

local function lines(was, is) return compare.of(run { case(was) }, run { case(is) }).cases[1].lines end

describe("compare", function()
  it("finds nothing where nothing changed but for moments", function()
    assert.same({ versions = {}, cases = {} }, compare.of(run { case() },
      run { case { seconds = 2.1, phases = { { name = "setup", seconds = 1.09 } } } }))
  end)

  it("tells verdict and reasons", function()
    assert.same({ "verdict: FAIL, was PASS", "reason now: no" }, lines({}, { status = "FAIL", reason = "no\nmore" }))
    assert.same({ "reason then: a", "reason now: b" }, lines({ status = "FAIL", reason = "a" },
      { status = "FAIL", reason = "b" }))
  end)

  it("tells versions and the host", function()
    assert.same({ "dpdk: 23.11, was 22.11", "image: absent, was x", "host's cpus: 4, was 2" },
      compare.of(run({}, { image = "x" }), run({}, { dpdk = "23.11", host = { cpus = 4 } })).versions)
  end)

  it("tells checks, those of one name one by one", function()
    local was = { checks = { { what = "a", ok = true }, { what = "a", ok = true }, { what = "gone", ok = false } } }
    local is = { checks = { { what = "a", ok = true }, { what = "a", ok = false }, { what = "new", ok = true } } }
    assert.same({ "check NOT OK now: a (2)", "check new, ok: new", "check gone, was NOT OK: gone" }, lines(was, is))
    assert.same({ "check ok now: a (2)", "check new, NOT OK: gone", "check gone, was ok: new" }, lines(is, was))
  end)

  it("tells phases, seconds, how the guest came up", function()
    assert.same({ "boot: cold, was snapshot", "seconds: 9.00 s, was 2.00 s", "phase setup: 3.00 s, was 1.00 s",
      "phase new: more" }, lines({ boot = "snapshot" }, { boot = "cold", seconds = 9,
        phases = { { name = "setup", seconds = 3 }, { name = "more", seconds = 5 } } }))
  end)

  it("tells values, and by how much", function()
    assert.same({ "value more: 1, was absent", "value rate.rx: 90, was 100 (-10.0 %)", "value word: b, was a" },
      lines({}, { values = { rate = { rx = 90 }, word = "b", more = 1 } }))
  end)

  it("tells cases that are new or gone, each round as one", function()
    local found = compare.of(run { case(), case { name = "d" } }, run { case(), case { status = "FAIL" } }).cases
    assert.same({ { name = "p/c (2)", after = "FAIL", lines = {} }, { name = "p/d", before = "PASS", lines = {} } }, found)
  end)
end)

describe("moonrig compare", function()
  local rig = moonrig.new()
  local out = rig.work .. "/out"

  local function id() return engine.fs.realpath(out .. "/latest"):match "[^/]+$" end

  it("tells two runs apart, also one whose folder is gone, and says which there is none of", function()
    local file = rig:write("x.lua", moonrig.case 't:value("n", 3) t:equal(1, 1, "one")')
    rig:call { "run", file, "-o", out }
    local first = id()
    rig:write("x.lua", moonrig.case 't:value("n", 4) t:equal(1, 2, "one")')
    rig:call { "run", file, "-o", out }
    local code, said = rig:call { "compare", first, "-o", out }
    assert.equal(0, code, said)
    assert.equal(("%s, then %s"):format(first, id()), said:match "^[^\n]*")
    assert.matches("\nFAIL  [^\n]*/x\n      verdict: FAIL, was PASS\n", said)
  end)

  it("reads what the history remembers", function()
    rig:call { "history", "-o", out }
    local first
    for _, name in ipairs(engine.fs.list(out)) do
      if name:find "Z%-" and name ~= id() then first = name end
    end
    local _, before = rig:call { "compare", first, "-o", out }
    engine.fs.rmtree(out .. "/" .. first)
    local code, after = rig:call { "compare", first, "-o", out }
    assert.equal(0, code, after)
    assert.equal(before, after)
    assert.matches("verdict: FAIL, was PASS", after)
    assert.matches("check NOT OK now: one", after)
    assert.matches("value n: 4, was 3 %(%+33.3 %%%)", after)
    code, after = rig:call { "compare", "20200101T000000Z-1", "-o", out }
    assert.equal(4, code)
    assert.matches("neither 20200101T000000Z%-1 nor", after)
  end)

  it("tells a history that is damaged from a run that is not there", function()
    local f = assert(io.open(out .. "/history.db", "r+b"))
    -- the first page, which sqlite opens by, stays
    local size = f:seek "end"
    f:seek("set", 4096)
    f:write(("x"):rep(size - 4096))
    f:close()
    local code, said = rig:call { "compare", "20200101T000000Z-1", "-o", out }
    assert.equal(3, code, said)
    assert.matches("history.db: database disk image is malformed", said)
  end)

  teardown(function()
    assert.equal("", rig:leftovers())
    rig:remove()
  end)
end)
