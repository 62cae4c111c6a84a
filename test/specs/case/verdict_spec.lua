local engine = require "engine"
local junit = require "format.junit"
local moonrig = require "specs.moonrig"
local rooms = require "base.rooms"
local verdicts = require "base.verdicts"
local verdict = require "case.verdict"

local failed = setmetatable({ kind = "check" }, { __tostring = function() return "sum: expected 3, got 2" end })

describe("verdict.of", function()
  it("is PASS only where something was checked", function()
    assert.equal("PASS", (verdict.of(true, nil, nil, 1)))
    assert.same({ "ERROR", "nothing was checked: a case calls at least one check, such as t:equal" }, { verdict.of(true, nil, nil, 0) })
  end)

  it("tells a check that failed from everything else", function()
    assert.same({ "FAIL", "sum: expected 3, got 2" }, { verdict.of(false, failed, "", 1) })
    assert.same({ "ERROR", "oops" }, { verdict.of(false, "oops", "", 1) })
    assert.same({ "ERROR", "raised a value that is no text: {1}" }, { verdict.of(false, { 1 }, "", 1) })
    assert.same({ "SKIP", "no card" }, { verdict.of(false, verdict.skip "no card", "", 0) })
  end)

  local BUG = { { why = "bug 7", says = { "^sum: ", "got 2" } } }

  it("makes of a known issue XFAIL or XPASS, and of an error still an ERROR", function()
    assert.same({ "XFAIL", "bug 7; seen: sum: expected 3, got 2" }, { verdict.of(false, failed, "", 1, BUG) })
    assert.same({ "XPASS", "passes now: bug 7" }, { verdict.of(true, nil, "", 1, BUG) })
    assert.equal("PASS", (verdict.of(true, nil, "", 1, BUG, true)))
    assert.equal("XFAIL", (verdict.of(false, failed, "", 1, BUG, true)))
    assert.equal("ERROR", (verdict.of(true, nil, "", 0, BUG)))
    assert.equal("ERROR", (verdict.of(false, "oops", "", 1, BUG)))
  end)
end)

describe("a known issue of some versions", function()
  local BUG = verdict.issues("t:cell", { why = "bug 7", says = "^sum: ", versions = "23.11 to 26.03" })

  local function of(is_ok, ...)
    local ran = {}
    for _, version in ipairs { ... } do ran[version] = true end
    local status, reason = verdict.of(is_ok, failed, "", 1, BUG, false, ran)
    return { status, reason }
  end

  it("is expected where one of them ran, or where none is known", function()
    for _, ran in ipairs { { "23.11.2" }, { "26.03.0-rc4" }, { "22.11.11", "24.11.8" }, {}, { "a fork of it" } } do
      assert.same({ "XFAIL", "DPDK 23.11 to 26.03: bug 7; seen: sum: expected 3, got 2" }, of(false, unpack(ran)))
      assert.same({ "XPASS", "passes now: DPDK 23.11 to 26.03: bug 7" }, of(true, unpack(ran)))
    end
  end)

  it("is a failure, or a success, where only others ran", function()
    assert.equal("PASS", of(true, "22.11.11")[1])
    assert.equal("PASS", of(true, "26.11.0-rc0")[1])
    assert.same({ "FAIL", "sum: expected 3, got 2; not the known issue, for this is DPDK 22.11.11, 26.11.0-rc0: "
      .. "DPDK 23.11 to 26.03: bug 7" }, of(false, "26.11.0-rc0", "22.11.11"))
  end)

  it("of the header's is judged so over cells, too", function()
    local cells = { { name = "a", status = "FAIL", reason = "sum: 1" } }
    assert.equal("XFAIL", (verdict.of_case("PASS", nil, cells, BUG, { ["24.11.8"] = true })))
    assert.equal("FAIL", (verdict.of_case("PASS", nil, cells, BUG, { ["22.11.11"] = true })))
    assert.equal("PASS", (verdict.of_case("PASS", nil, {}, BUG, { ["22.11.11"] = true })))
    assert.equal("XPASS", (verdict.of_case("PASS", nil, {}, BUG, { ["24.11.8"] = true })))
  end)
end)

describe("several known issues", function()
  local OLD = { why = "bug 7", says = "^sum: ", versions = "22.11" }
  local NEW = { why = "bug 8", says = "SIGSEGV", versions = "since 23.11" }
  local OTHER = { why = "bug 9", says = "got 2", versions = "since 25.11" }
  local BUGS = verdict.issues("t:cell", { OLD, NEW, OTHER })

  local function of(status, reason, version) return { verdict.known(status, reason, BUGS, false, { [version] = true }) } end

  it("are each for the versions that have it, and any of those that do may show", function()
    assert.same({ "XFAIL", "DPDK 22.11: bug 7; seen: sum: 1" }, of("FAIL", "sum: 1", "22.11.11"))
    assert.same({ "XFAIL", "DPDK since 23.11: bug 8; seen: SIGSEGV" }, of("FAIL", "SIGSEGV", "24.11.8"))
    assert.same({ "XFAIL", "DPDK since 25.11: bug 9; seen: sum: got 2" }, of("FAIL", "sum: got 2", "25.11.4"))
    assert.equal("FAIL", of("FAIL", "sum: got 2", "24.11.8")[1])
    assert.equal("FAIL", of("FAIL", "SIGSEGV", "22.11.11")[1])
    assert.equal("FAIL", of("FAIL", "sum: 1", "23.03.0")[1])
    assert.equal("PASS", of("PASS", nil, "23.03.0")[1])
    assert.same({ "XPASS", "passes now: DPDK since 23.11: bug 8" }, of("PASS", nil, "25.11.4"))
  end)

  it("of the header's are judged so over cells, too", function()
    local ran, cells = { ["25.11.4"] = true }, { { name = "a", status = "FAIL", reason = "SIGSEGV" },
      { name = "b", status = "FAIL", reason = "got 2" } }
    local status, reason = verdict.of_case("PASS", nil, cells, BUGS, ran)
    assert.equal("XFAIL", status)
    assert.matches("^DPDK since 23.11: bug 8; seen: 2 of 2 cells: ", reason)
    cells[2].reason = "sum: 1"
    assert.equal("FAIL", (verdict.of_case("PASS", nil, cells, BUGS, ran)))
  end)
end)

describe("verdict.issues", function()
  it("is why, and what the failure says", function()
    assert.is_nil(verdict.issues("t:cell", nil))
    local one, two = { why = "bug 7", says = "sum" }, { why = "bug 8", says = { "sum", "2" } }
    assert.same({ { why = "bug 7", says = { "sum" } } }, verdict.issues("t:cell", one))
    assert.same({ { why = "bug 7", says = { "sum" } }, two }, verdict.issues("t:cell", { one, two }))
  end)

  it("without both is an error that says what to write", function()
    for _, bad in ipairs { "bug 7", { why = "bug 7" }, { says = "sum" }, { why = "bug 7", says = "" },
      { why = "bug 7", says = {} }, { why = "bug 7", says = { "sum", "" } }, { why = "bug 7", says = "[sum" },
      { why = "", says = "sum" }, { why = "bug 7", says = "sum", versions = "all" }, {},
      { { why = "bug 7", says = "sum" }, { why = "bug 8" } }, { { why = "bug 7", says = "sum" }, why = "bug 8" },
      { why = "bug 7", says = "sum", sometimes = true } } do
      local ok, err = pcall(verdict.issues, "t:cell", bad)
      assert.is_false(ok)
      assert.matches(type(bad) == "table" and bad.versions and 'versions are "22.11"' or "t:cell: .*known_issue is { why = .*, says = ",
        err)
    end
  end)

  it("does not cover another failure", function()
    for _, says in ipairs { { "product" }, { "sum", "got 3" } } do
      local status, reason = verdict.of(false, failed, "", 1, { { why = "bug 7", says = says } }, true)
      assert.equal("FAIL", status)
      assert.matches("^sum: expected 3, got 2; not the known issue, which needs a match of .-: bug 7$", reason)
    end
  end)
end)

describe("verdict.at_end", function()
  it("makes an ERROR of what was harmless, and of nothing else", function()
    for _, status in ipairs { "PASS", "SKIP", "XFAIL", "XPASS" } do
      assert.same({ "ERROR", "left open" }, { verdict.at_end(status, "why", "left open") })
      assert.same({ status, "why" }, { verdict.at_end(status, "why", nil) })
    end
    for _, status in ipairs { "FAIL", "ERROR" } do
      assert.same({ status, "why" }, { verdict.at_end(status, "why", "left open") })
    end
  end)
end)

describe("verdict.of_case", function()
  local function cells(...)
    local out = {}
    for i, status in ipairs { ... } do out[i] = { name = "c" .. i, status = status } end
    return out
  end

  it("is what the worst is", function()
    assert.equal("PASS", (verdict.of_case("PASS", nil, cells("PASS", "XFAIL", "SKIP"))))
    assert.same({ "FAIL", "2 of 3 cells: c2 (FAIL); c3 (XPASS)" },
      { verdict.of_case("PASS", nil, cells("PASS", "FAIL", "XPASS")) })
    assert.equal("ERROR", (verdict.of_case("PASS", nil, cells("FAIL", "ERROR"))))
    assert.equal("XPASS", (verdict.of_case("PASS", nil, cells("XPASS", "PASS"))))
  end)

  it("has the first bad cell first, whatever followed it", function()
    local list = cells("PASS", "FAIL", "ERROR", "ERROR")
    list[2].reason, list[3].reason = "rx: expected 1\nmore", "no socket"
    local words = "3 of 4 cells: c2 (FAIL); c3 (ERROR); c4 (ERROR)\nc2: rx: expected 1"
    assert.same({ "ERROR", words }, { verdict.of_case("PASS", nil, list) })
    assert.same({ "ERROR", words .. "\nx.lua:3: the case's own" },
      { verdict.of_case("ERROR", "x.lua:3: the case's own", list) })
  end)

  it("follows another outcome: the worse status, the first reason", function()
    local fail, err = { status = "FAIL", reason = "a", where = "x:1" }, { status = "ERROR", reason = "b", where = "x:2" }
    assert.same({ status = "ERROR", reason = "a\nb", where = "x:1" }, verdict.followed(fail, err))
    assert.same({ status = "ERROR", reason = "b\na", where = "x:2" }, verdict.followed(err, fail))
    assert.equal(err, verdict.followed({ status = "PASS" }, err))
    assert.equal(fail, verdict.followed({ status = "XFAIL", reason = "known" }, fail))
  end)

  it("is neither hidden by a skip nor by a known issue of the header's", function()
    local issue = { { why = "bug 7", says = { "sum" } } }
    local function of(status, list, known)
      return (verdict.of_case(status, "sum: the case's own", list, known))
    end
    assert.equal("SKIP", of("SKIP", cells("PASS", "XFAIL")))
    for _, bad in ipairs { "FAIL", "ERROR", "XPASS" } do
      assert.equal(bad, of("SKIP", cells("PASS", bad)))
      assert.equal(bad, of("PASS", cells("PASS", bad)))
      assert.equal("FAIL", of("FAIL", cells("PASS", bad), issue))
    end
    assert.equal("ERROR", of("ERROR", cells("FAIL"), issue))
    assert.equal("XFAIL", of("FAIL", cells("PASS"), issue))
    assert.equal("XPASS", of("PASS", cells("PASS"), issue))
    local failed_cells = cells("FAIL", "FAIL")
    failed_cells[1].reason, failed_cells[2].reason = "sum: 1", "sum: 2"
    assert.equal("XFAIL", of("PASS", failed_cells, issue))
    failed_cells[2].reason = "product: 2"
    assert.equal("FAIL", of("PASS", failed_cells, issue))
    assert.equal("FAIL", of("PASS", failed_cells))
  end)

  it("are those of the schema of results.json", function()
    local schema = engine.json.decode(moonrig.read(rooms.FOLDER .. "results/results.schema.json"))
    local names, totals = {}, {}
    for i, row in ipairs(verdicts.LIST) do names[i] = row.name end
    for name in pairs(schema.properties.totals.properties) do totals[name] = 0 end
    assert.same(names, { unpack(schema["$defs"].status.enum) })
    assert.same(names, { unpack(schema.properties.totals.required) })
    assert.same(totals, verdicts.totals {})
  end)

  it("have the words of all reports; an unknown one reads as an ERROR", function()
    for _, row in ipairs(verdicts.LIST) do
      assert.is_true(row.name == "PASS" or (row.junit and row.annotation and (row.is_ok or row.tap)) ~= nil, row.name)
      assert.equal(row.exit ~= 0, row.rank >= verdicts.find("FLAKY").rank, row.name)
    end
    assert.equal("ERROR", verdicts.of("DUMMY").name)
    assert.is_nil(verdicts.find "DUMMY")
    assert.same({ "ERROR", 3 }, { verdicts.worst({ { status = "FAIL" }, { status = "odd" } }).name, verdicts.of("ERROR").exit })
    assert.equal("PASS", verdicts.worst({}).name)
  end)

  it("each cell is a test case of the JUnit report", function()
    local xml = junit.text { cases = { { plan = "p", name = "m", file = "f", status = "FAIL", reason = "1 of 2 cells: b",
      seconds = 2, cells = { { name = "a", status = "PASS", seconds = 1 }, { name = "b", status = "FAIL", reason = "why",
        seconds = 1 } } } } }
    assert.matches('tests="3" failures="2"', xml)
    assert.matches('name="m: b"', xml)
  end)
end)
