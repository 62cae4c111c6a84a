-- history_verb: `moonrig history`, --last-failed, and the note on a terminal about a slow run.

local engine = require "engine"

local history_db = require "results.history_db"
local last_failed = require "results.last_failed"
local moonrig = require "specs.moonrig"
local screen = require "report.screen"
local terminal = require "base.terminal"

local rig = moonrig.new()
local base, n

local function leave(...)
  n = n + 1
  local id = ("20260101T000000Z-%d"):format(n)
  assert(engine.fs.mkdir(base .. "/" .. id))
  local f = assert(io.open(("%s/%s/results.json"):format(base, id), "w"))
  f:write(engine.json.encode { id = id, seconds = 1, cases = { ... } })
  f:close()
  return id
end

local function case(status, seconds, more)
  local c = { plan = "p", name = "c", file = "p/c.lua", status = status, seconds = seconds or 1 }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

local function history(...) return rig:call { "history", "-o", base, ... } end

before_each(function()
  base, n = rig.work .. "/results", 0
  engine.fs.rmtree(base)
  assert(engine.fs.mkdir(base))
end)

describe("moonrig history", function()
  it("has a line for each case, with its trend and its flakes", function()
    for i = 1, 10 do leave(case("PASS", i), case("PASS", 2, { name = "d" })) end
    leave(case("FLAKY", 3, { reason = "passed on try 2" }))
    local code, said = history()
    assert.equal(0, code, said)
    assert.matches("\nPASS  p/d +██████████\n", "\n" .. said)
    assert.matches("FLAKY p/c +▂▂▃▄▅▅▆▇▇█·\n      11 verdicts; median 5.50 s, MAD 2.50 s of 10 passes; 1 of 11 flaky, 9.1 %% %(1.6 to 37.7 %%%)", said)
    assert.is_nil(said:find("p/d[^\n]*\n[^\n]*flaky"))
  end)

  it("prints a case's runs, the slow ones, its values, and the rule", function()
    for i = 1, 6 do leave(case("PASS", 2, { values = { rate = { rx = 100 + i } } })) end
    leave(case("PASS", 30, { boot = "snapshot" }))
    leave(case("PASS", 3))
    leave(case("FAIL", 1, { reason = "rx: expected 1\nmore" }))
    local code, said = history "c"
    assert.equal(0, code, said)
    assert.matches("%-7  PASS +30.00 s  snapshot\n", said)
    assert.matches("%-8  PASS +3.00 s  slower than usual: median 2.00 s, MAD 0.00 s of 6 passes\n", said)
    assert.matches("%-9  FAIL +1.00 s\n      rx: expected 1\n", said)
    assert.matches("rate.rx +[▁-█]+···  last 106, median 103.5, MAD 1.5", said)
    assert.matches("0 of 9 flaky, 0.0 %% %(0.0 to 29.9 %%%)", said)
    assert.matches("slower than usual: over the median of the last 20 passes", said)
    code, said = history("p/c", "-n", "2")
    assert.equal(0, code)
    assert.is_nil(said:find("-7  PASS", 1, true))
    assert.matches("%-8  PASS", said)
  end)

  it("reports an unknown case, and missing results", function()
    leave(case "PASS")
    local code, said = history "p/d"
    assert.equal(4, code)
    assert.matches("has a case p/d %(did you mean p/c", said)
    code, said = rig:call { "history", "-o", rig.work .. "/none" }
    assert.equal(4, code)
    assert.matches("there are no results in [^\n]*/none yet", said)
  end)

  it("is data for other programs: HistoryDb:history", function()
    for _ = 1, 6 do leave(case("PASS", 2)) end
    leave(case("PASS", 3))
    local rows = history_db.use(base, nil, function(db) return db:history("p", "c", 2) end)
    assert.equal(2, #rows)
    assert.same({ "20260101T000000Z-7", "PASS", 3, true, 2 },
      { rows[2].run, rows[2].status, rows[2].seconds, rows[2].is_slower, rows[2].baseline.median })
    assert.is_false(rows[1].is_slower)
    local ok, why = pcall(history_db.use, rig.work .. "/none", nil, function() end)
    assert.is_false(ok)
    assert.matches("there are no results", tostring(why))
  end)
end)

describe("a run that was slower than usual", function()
  local function summary(tty, o)
    local text = {}
    local term = terminal.new { tty = tty, write = function(words) text[#text + 1] = words end, width = 200 }
    local id = "20260101T000000Z-" .. n
    screen.new(o or {}, term):summary { id = id, folder = base .. "/" .. id, notices = {}, seconds = 1,
      cases = { case("PASS", 3) } }
    return table.concat(text)
  end

  it("is printed on a terminal, and nowhere else", function()
    for _ = 1, 6 do leave(case("PASS", 2)) end
    leave(case("PASS", 3))
    assert.matches("note: p/c took 3.0 s, slower than usual: median 2.00 s, MAD 0.00 s of 6 passes\n", summary(true))
    assert.is_nil(summary(false):find "slower")
    assert.is_nil(summary(true, { quiet = true }):find "slower")
    leave(case("PASS", 2.1))
    assert.is_nil(summary(true):find "slower")
  end)

  it("is not printed where the history is damaged, and the run works", function()
    leave(case("PASS", 2))
    local f = assert(io.open(base .. "/history.db", "w"))
    f:write(("no database "):rep(100))
    f:close()
    assert.matches("results: ", summary(true))
  end)
end)

describe("--last-failed", function()
  it("selects cases that did not pass in their last run, however often they ran", function()
    local function is_bad(...) return last_failed.is_bad { ... } end
    local function row(run, status) return { run = run, status = status } end
    assert.is_false(last_failed.is_bad {})
    for _, status in ipairs { "FAIL", "ERROR", "XPASS", "FLAKY" } do assert.is_true(is_bad(row("a", status))) end
    for _, status in ipairs { "PASS", "SKIP", "XFAIL" } do assert.is_false(is_bad(row("a", status))) end
    assert.is_false(is_bad(row("a", "FAIL"), row("b", "PASS")))
    assert.is_true(is_bad(row("a", "PASS"), row("b", "FAIL"), row("b", "PASS")))
  end)

  it("selects those that failed in the last run of one of several combinations, where a command ended before it, too", function()
    local function row(run, combination, status) return { run = run, combination = combination, status = status } end
    local first, second = row("a", "1 of 2", "PASS"), row("b", "2 of 2", "FAIL")
    assert.is_true(last_failed.is_bad { first, second })
    assert.is_true(last_failed.is_bad { first, second, row("c", "1 of 2", "PASS") })
    assert.is_false(last_failed.is_bad { first, second, row("c", "1 of 2", "PASS"), row("d", "2 of 2", "PASS") })
    assert.is_false(last_failed.is_bad { first, second, row("c", nil, "PASS") })
    assert.is_false(last_failed.is_bad { first, second, row("c", "1 of 3", "PASS") })
    assert.is_true(last_failed.is_bad { row("c", nil, "PASS"), row("d", "1 of 2", "FAIL") })
  end)

  it("runs those, and ends with 5 where there is none", function()
    local plan = rig:plan("mine", { a = moonrig.case 't:equal(1, 1, "one")', b = moonrig.case 't:equal(1, 2, "two")' })
    local function run(...) return rig:call { "run", plan, "-o", base, ... } end
    local code, said = run "--last-failed"
    assert.equal(5, code)
    assert.matches("none of 2 cases has run yet", said)
    run()
    code, said = run "--last-failed"
    assert.equal(1, code, said)
    assert.matches("0 passed, 1 failed", said)
    rig:write("mine/b.lua", moonrig.case 't:equal(2, 2, "two")')
    assert.equal(0, (run "--last-failed"))
    code, said = run "--last-failed"
    assert.equal(5, code)
    assert.matches("each of 2 cases passed in its last run", said)
    code, said = rig:call { "run", plan, "-o", rig.work .. "/none", "--last-failed" }
    assert.equal(5, code)
    assert.matches("there is no [^\n]*/none", said)
  end)

  it("finds a case by a cell of it that was run alone, until the case has run", function()
    local plan = rig:plan("cells", {})
    local function write(most)
      rig:write("cells/c.lua", ([[return rig.case { name = "c", timeout = 20, each = { 1, 2 }, run = function(t, row)
        t:cell("good", function() t:equal(1, 1, "one") end)
        t:cell("bad", function() t:truthy(row <= %d, "row") end)
      end }]]):format(most))
    end
    local function run(...) return rig:call { "run", plan, "-o", base, ... } end
    local function fail_alone()
      write(1)
      assert.equal(1, (run("-k", "c[2]:bad")))
      assert.equal(0, (run("-k", "c[2]:good")))
      write(2)
    end
    write(2)
    assert.equal(0, (run()))
    fail_alone()
    local code, said = run "--last-failed"
    assert.equal(0, code, said)
    assert.matches("\n1 passed, 0 failed", said)
    assert.equal(5, (run "--last-failed"))
    fail_alone()
    assert.equal(0, (run("-k", "c[2]:bad")))
    assert.equal(5, (run "--last-failed"))
  end)
end)

teardown(function() rig:remove() end)
