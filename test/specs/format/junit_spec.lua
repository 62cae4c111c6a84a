-- junit: what is written is what JUnit's readers take (xmllint, by test/specs/junit.xsd), whatever a case was called or
-- said.

local engine = require "engine"

local junit = require "format.junit"
local moonrig = require "specs.moonrig"
local helper = require "specs.helper"
local run, case = helper.run_of, helper.case_of

local HOSTILE = "a<b>&\"'\0\1\27[31m]]>\239\191\191\255 \r\n\tä"
local XSD = engine.home() .. "/test/specs/junit.xsd"

local function xmllint(text, ...)
  return assert(engine.here():run({ "xmllint", ... , "-" }, { input = text }))
end

local function is_valid(text)
  local r = xmllint(text, "--noout", "--schema", XSD)
  assert.equal(0, r.code, r.err .. text)
end

local function value_of(text, path)
  local r = assert(engine.here():run({ "xmllint", "--xpath", "string(" .. path .. ")", "-" }, { input = text }))
  assert.equal(0, r.code, r.err)
  return (r.out:gsub("\n$", ""))
end

describe("junit.text", function()
  it("has a suite a plan and an element a verdict", function()
    local text = junit.text(run { case("PASS"), case("FAIL", { reason = "rx: expected 1" }),
      case("ERROR"), case("SKIP", { plan = "other" }), case("XFAIL", { reason = "issue 9" }), case "XPASS",
      case("FLAKY", { reason = "once", attempts = { { status = "FAIL", reason = "no", seconds = 1 } } }), case "GARBLED" })
    is_valid(text)
    for path, count in pairs { ["//testsuite"] = 2, ["//testcase"] = 8, ["//failure"] = 3, ["//error"] = 2,
      ["//skipped"] = 2 } do
      assert.equal(tostring(count), value_of(text, "count(" .. path .. ")"), path)
    end
    assert.equal("8 3 2", value_of(text, "concat(/*/@tests, ' ', /*/@failures, ' ', /*/@errors)"))
    assert.equal("1", value_of(text, "/*/testsuite[@name='other']/@skipped"))
    assert.equal("Debian <12>", value_of(text, "//property[@name='host.os']/@value"))
    assert.equal("6.1.0-49-cloud-amd64", value_of(text, "//property[@name='guest_kernel']/@value"))
    assert.equal("2026-11-22T08:00:00", value_of(text, "//testsuite/@timestamp"))
    assert.equal("known issue: issue 9", value_of(text, "//testsuite[@name='vdev']/testcase[4]/skipped/@message"))
    assert.equal("once", value_of(text, "//failure[@type='FLAKY']/@message"))
    assert.matches("try 1: FAIL, 1.000 s: no", text, 1, true)
  end)

  it("is valid whatever anybody said", function()
    local text = junit.text(run { case("FAIL", { name = HOSTILE, plan = HOSTILE, reason = HOSTILE, file = HOSTILE,
      notices = { HOSTILE, "[[ATTACHMENT|/etc/passwd]]" }, phases = { { name = HOSTILE, seconds = 1 } },
      checks = { { what = HOSTILE } }, dir = "out/x", transcripts = { "a & b.log", "a]]\n.log" }, seconds = 0 / 0 }) })
    is_valid(text)
    local said = value_of(text, "//system-out")
    assert.matches("\n[[ATTACHMENT|out/x/a & b.log]]", said, 1, true)
    assert.equal(1, select(2, said:gsub("%[%[ATTACHMENT", "")))
    assert.matches("^a<b>&\"'", value_of(text, "//failure/@message"))
    assert.equal("0.000", value_of(text, "//testcase/@time"))
  end)

  it("has what the consoles said last in a failure's text, and only there", function()
    local said = { { name = "vm", transcript = "vm.log", t = 21.04, lines = { "a < b", HOSTILE } },
      { name = "qemu", transcript = "qemu.log", lines = {} } }
    local text = junit.text(run { case("FAIL", { reason = "rx: expected 1", consoles = said }),
      case("ERROR", { cells = { { name = "one", status = "FAIL", seconds = 1, reason = "no", consoles = said } } }) })
    is_valid(text)
    assert.matches("^rx: expected 1\nvm.log at 21.0 s:\n  a < b\n.*\nqemu.log: no output$",
      value_of(text, "//testcase[1]/failure"))
    assert.matches("^no\nvm.log at 21.0 s:", value_of(text, "//testcase[@name='symmetric: one']/failure"))
  end)

  it("gives each test case a name of its own: rounds, their cells, files of one name, text that looks the same", function()
    local cells = { { name = "a", status = "PASS", seconds = 1 }, { name = "b", status = "PASS", seconds = 1 } }
    local text = junit.text(run { case("PASS", { round = 1, cells = cells }), case("PASS", { round = 2, cells = cells }),
      case "PASS", case "PASS", case("PASS", { name = "symmetric (2)" }), case("PASS", { name = "x\1" }),
      case("PASS", { name = "x\2" }), case("PASS", { name = "symmetric (round 1): a" }), case("PASS", { plan = "other" }) })
    is_valid(text)
    local names = {}
    for plan, name in text:gmatch 'classname="([^"]*)" name="([^"]*)"' do
      local key = plan .. "/" .. name
      assert.is_nil(names[key], key)
      names[key] = true
    end
    for _, name in ipairs { "symmetric (round 1)", "symmetric (round 1): a", "symmetric (round 2): b", "symmetric",
      "symmetric (2)" } do assert.is_true(names["vdev/" .. name], name) end
    assert.is_true(names["other/symmetric"])
    assert.equal("13", value_of(text, "/*/@tests"))
  end)

  it("counts no time twice: a case's own is what its cells leave", function()
    local cells = { { name = "a", status = "PASS", seconds = 3 }, { name = "b", status = "FAIL", reason = "x", seconds = 4.5 } }
    local text = junit.text(run { case("FAIL", { reason = "b", seconds = 10, cells = cells }), case("PASS", { seconds = 2 }),
      case("PASS", { seconds = 1, cells = { { name = "odd", status = "PASS", seconds = 1.5 } } }) })
    is_valid(text)
    assert.equal("2.500 3.000 4.500 2.000 0.000 1.500", value_of(text, "concat(//testcase[1]/@time, ' ', "
      .. "//testcase[2]/@time, ' ', //testcase[3]/@time, ' ', //testcase[4]/@time, ' ', //testcase[5]/@time, ' ', "
      .. "//testcase[6]/@time)"))
    assert.equal("13.500 13.500", value_of(text, "concat(/*/@time, ' ', //testsuite/@time)"))
  end)

  it("is valid without cases", function()
    is_valid(junit.text(run {}))
    is_valid(junit.text {})
  end)
end)

describe("a run's junit.xml", function()
  it("is valid, with its transcripts where the reader finds them", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    local program = rig:write("said", "#!/bin/sh\nprintf '\\033[2J]]>&\\377up'\nexec sleep 100\n")
    engine.fs.chmod(program, 448)
    local plan = rig:plan("plan", { a = moonrig.case(([[
      t:mp { program = %q, ready = "up", timeout = 10 }
      t:equal(1, 2, "a <check> & \27[31m")]]):format(program)), b = moonrig.case 't:skip "no <reason>"' })
    local status, said = rig:call { "run", plan, "-o", rig.work .. "/out" }
    assert.equal(1, status, said)
    local text = moonrig.read(rig.work .. "/out/latest/junit.xml")
    is_valid(text)
    assert.equal("2 1 0", value_of(text, "concat(/*/@tests, ' ', /*/@failures, ' ', /*/@errors)"))
    local path = value_of(text, "//system-out"):match "%[%[ATTACHMENT|([^%]]*said%.log)%]%]"
    assert.matches("up", moonrig.read(path))
  end)
end)
