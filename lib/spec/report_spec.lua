local engine
local report, ordered

require "spec.helper"
engine = require "engine"
report, ordered = require "report", require "ordered"

local HOSTILE = "a<b>&\"'\0\1\27[31m]]>\239\191\191\255 \r\n\tä"

local function run(cases)
  return { id = "20261122T080000Z-1", started = "2026-11-22T08:00:00Z", seconds = 12.5, moonrig = "0.1",
    dpdk = "22.11.11", kernel = "6.1", luajit = "2.1", host = { cpus = 2, os = "Debian <12>" },
    accelerator = "tcg", notices = { "no KVM" }, cases = cases }
end

local function case(status, more)
  local c = { name = "symmetric", plan = "vdev", file = "scripts/vdev/symmetric.lua", status = status,
    seconds = 1.25 }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

describe("report.results", function()
  it("is JSON with schema 1, the counters in it and empty arrays where nothing is", function()
    local text = report.results(run { case("PASS", {
      values = { primary = { [0] = { rx = 4294967295 } } },
      checks = { { what = "x", ok = true, got = 2 ^ 53, where = "scripts/x.lua:1", t = 0.5 } } }), case("SKIP") })
    local back = assert(engine.json.decode(text))
    assert.equal(1, back.schema)
    assert.equal(4294967295, back.cases[1].values.primary["0"].rx)
    assert.is_truthy(text:find('"got": 9007199254740992', 1, true))
    assert.equal(1, back.totals.PASS)
    assert.is_truthy(text:find('"checks": []', 1, true))
    assert.is_truthy(text:find('"consoles": []', 1, true))
    assert.is_truthy(text:find('"values": {}', 1, true))
    assert.is_truthy(text:find('^{\n  "schema": 1,\n  "id"'))
  end)

  it("has the same order of keys each time, and a new line at its end", function()
    local cases = {}
    for i = 1, 20 do cases["k" .. i] = i end
    local a = report.results(run { case("PASS", { values = cases }) })
    local reversed = {}
    for i = 20, 1, -1 do reversed["k" .. i] = i end
    assert.equal(a, report.results(run { case("PASS", { values = reversed }) }))
    assert.is_truthy(a:find("}\n$"))
  end)

  it("writes what JSON has no word for as text, and ends on cycles", function()
    local t = { nan = 0 / 0, inf = 1 / 0, f = print, s = HOSTILE }
    t.me = t
    local back = assert(engine.json.decode(ordered.encode(t)))
    assert.same({ "nan", "inf", "<function>", "<itself>" }, { back.nan, back.inf, back.f, back.me })
    assert.is_truthy(back.s:find("ä", 1, true))
    assert.equal("[1, [], {\"a\": [2]}]", ordered.encode({ 1, {}, { a = { 2 } } },
      { arrays = {} }):gsub("{}", "[]"):sub(1, -1))
  end)

  it("leaves the run as it was", function()
    local r = run { case "PASS" }
    report.results(r)
    assert.is_nil(r.schema)
    assert.is_nil(r.cases[1].checks)
  end)
end)

-- A reader strict enough for what we write: elements balanced, no byte that XML 1.0 forbids.
local function read_xml(text)
  local stack, seen = {}, {}
  assert(not text:find("[%z\1-\8\11\12\14-\31\255]"), "a byte that XML forbids")
  for close, name, attributes, empty in text:gmatch("<(/?)([%a][%w-]*)([^>]*)(/?)>") do
    if attributes:find("/$") then empty = "/" end
    if close == "/" then
      assert.equal(table.remove(stack), name)
    else
      seen[name] = (seen[name] or 0) + 1
      if empty == "" then stack[#stack + 1] = name end
    end
  end
  assert.equal(0, #stack)
  return seen
end

describe("report.junit", function()
  it("has a suite a plan and an element a verdict", function()
    local text = report.junit(run { case("PASS"), case("FAIL", { reason = "rx: expected 1" }),
      case("ERROR"), case("SKIP", { plan = "other" }), case("XFAIL", { reason = "issue 9" }), case "XPASS",
      case("FLAKY", { reason = "once" }), case "GARBLED" })
    local seen = read_xml(text)
    assert.same({ 1, 2, 8, 2, 2, 2 }, { seen.testsuites, seen.testsuite, seen.testcase, seen.failure,
      seen.error, seen.skipped })
    assert.is_truthy(text:find('<testsuites name="moonrig" tests="8" failures="2" errors="2" skipped="2"', 1, true))
    assert.is_truthy(text:find('name="host.os" value="Debian &lt;12&gt;"', 1, true))
    assert.is_truthy(text:find('timestamp="2026-11-22T08:00:00"', 1, true))
    assert.is_truthy(text:find("known issue: issue 9", 1, true))
    assert.is_truthy(text:find("passed on a retry: once", 1, true))
  end)

  it("escapes whatever a console said", function()
    local text = report.junit(run { case("FAIL", { name = HOSTILE, plan = HOSTILE, reason = HOSTILE,
      notices = { HOSTILE }, transcripts = { "a & b.log" }, seconds = 0 / 0 }) })
    read_xml(text)
    assert.is_truthy(text:find("[[ATTACHMENT|a &amp; b.log]]", 1, true))
    assert.is_truthy(text:find("a&lt;b&gt;&amp;&quot;&apos;", 1, true))
    assert.is_truthy(text:find('time="0.000"', 1, true))
    assert.is_nil(text:find("nan", 1, true))
    local python = io.popen("python3 - 2>&1 <<'E'\nprint('ok')\nE")
    if python and python:read("*a"):find("ok") then
      local path = os.tmpname()
      local f = assert(io.open(path, "w"))
      f:write(text)
      f:close()
      local p = io.popen("python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1]); print(\"fine\")' "
        .. path .. " 2>&1")
      local said = p:read("*a")
      p:close()
      os.remove(path)
      assert.is_truthy(said:find("^fine"), said)
    end
  end)

  it("has what the consoles said last in a failure's text, and only there", function()
    local said = { { name = "vm", transcript = "vm.log", t = 21.04, lines = { "a < b", HOSTILE } },
      { name = "qemu", transcript = "qemu.log", lines = {} } }
    local text = report.junit(run { case("FAIL", { reason = "rx: expected 1", consoles = said }),
      case("ERROR", { cells = { { name = "one", status = "FAIL", seconds = 1, reason = "no", consoles = said } } }) })
    read_xml(text)
    local _, count = text:gsub('message="rx: expected 1">rx: expected 1&#10;vm.log at 21.0 s:&#10;  a &lt; b&#10;', "")
    assert.equal(1, count, text)
    assert.is_truthy(text:find("&#10;qemu.log: nothing was said</failure>", 1, true))
    assert.is_truthy(text:find('message="no">no&#10;vm.log at 21.0 s:', 1, true))
  end)

  it("survives a run without cases", function()
    read_xml(report.junit(run {}))
    read_xml(report.junit {})
  end)
end)

describe("report.summary", function()
  it("ends with the counts, zero failures said", function()
    local lines = report.summary(run { case "PASS", case("FAIL", { reason = "rx: expected 1\n\27[2J" }), case "SKIP" })
    assert.equal("PASS   vdev/symmetric  1.2 s", (lines[1]:gsub("1%.3", "1.2")))
    assert.equal("       rx: expected 1  [2J", lines[3])
    assert.equal("note: no KVM", lines[5])
    assert.equal("1 passed, 1 failed, 1 skipped in 12.5 s", lines[6])
    assert.equal("1 passed, 0 failed in 12.5 s", (report.summary(run { case "PASS" }))[3])
  end)

  it("is coloured on request only", function()
    local r = run { case "PASS" }
    assert.is_truthy(report.summary(r, { colour = true })[1]:find("\27[32mPASS", 1, true))
    assert.is_nil(table.concat(report.summary(r, { colour = false })):find("\27"))
  end)
end)
