-- found: the bug reports in docs/found are complete, their scenarios are scenarios, and an outcome is judged by version.

local engine = require "engine"
local moonrig = require "specs.moonrig"

local found = dofile(engine.home() .. "/test/found.lua")

local REPORT = table.concat({ "# Title\n", "| | |\n|---|---|", "| versions | DPDK 22.11 to 23.11 |", "",
  "## Scenario\n", "```lua", "return 7", "```\n", "## Expected\n", "Good.\n", "## Seen\n", "Bad.\n",
  "The scenario fails with `SIGSEGV`.\n", "## Cause\n", "Unknown.", "" }, "\n")

describe("a bug report", function()
  it("is complete, and is in the list", function()
    local list = moonrig.read(found.FOLDER .. "/README.md")
    for _, report in ipairs(found.reports()) do
      assert.matches(("| [%s](%s.md) | %s %s"):format(report.name, report.name, report.of:upper(), report.versions):gsub("%p", "%%%0"), list)
    end
    assert.is_true(#found.reports() >= 10)
  end)

  it("without a part is an error that names it", function()
    for part, what in pairs { ["| versions"] = 'no row "versions"', ["## Seen"] = "no section Seen", ["```lua"] = "no scenario",
      ["fails with"] = "no line", ["22.11 to"] = "versions are" } do
      local ok, why = pcall(found.parse, "x", (REPORT:gsub(part:gsub("%p", "%%%0"), "-")))
      assert.is_false(ok)
      assert.matches(what, why)
    end
  end)

  it("of no such name is an error, and nothing runs", function()
    assert.equal(2, #found.chosen { hotplug_half_done = true, testpmd_shared_rxq = true })
    local ok, why = pcall(found.chosen, { typo = true })
    assert.is_false(ok)
    assert.matches("no report typo", why)
  end)

  it("has a scenario that runs", function()
    local rig, argv = moonrig.new(), { "list" }
    for _, report in ipairs(found.reports()) do argv[#argv + 1] = rig:write(report.name .. ".lua", report.code) end
    local code, printed = rig:call(argv)
    rig:remove()
    assert.equal(0, code, printed)
  end)
end)

describe("the outcome of a report's scenario", function()
  local report = found.parse("x", REPORT)

  local function of(version, status, reason) return (found.judge(report, version, { status = status, reason = reason })) end

  it("is the failure in its versions, and a PASS in others", function()
    assert.is_true(of("22.11.11", "FAIL", "it ended with SIGSEGV"))
    assert.is_true(of("23.11.2", "ERROR", "it ended with SIGSEGV"))
    assert.is_true(of("24.11.8", "PASS"))
    assert.is_false(of("24.11.8", "FAIL", "it ended with SIGSEGV"))
    assert.is_false(of("22.11.11", "PASS"))
    for _, version in ipairs { "22.11.11", "24.11.8" } do
      assert.is_false(of(version, "ERROR", "no prompt"))
      assert.is_false(of(version, "SKIP", "no examples"))
    end
    assert.is_false(of(nil, "FAIL", "SIGSEGV"))
  end)

  it("is of the first version that ran", function()
    assert.equal("26.11.0-rc0", found.version "26.11.0-rc0, 26.11.0-rc0 (vm)")
    assert.equal("10.0.13", found.version "10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)")
    assert.is_nil(found.version "not used")
    assert.is_nil(found.version(nil))
  end)

  it("may be a PASS where it is a race", function()
    local race = found.parse("x", (REPORT:gsub("fails with", "fails in some runs, with")))
    assert.is_true((found.judge(race, "22.11.11", { status = "PASS" })))
    assert.is_false((found.judge(race, "22.11.11", { status = "ERROR", reason = "no prompt" })))
  end)

  it("is judged by QEMU's version where QEMU has the bug", function()
    local qemu = found.parse("x", (REPORT:gsub("DPDK 22.11 to 23.11", "QEMU 11.1")))
    assert.is_true((found.judge(qemu, "11.1.3", { status = "FAIL", reason = "SIGSEGV" })))
    assert.is_false((found.judge(qemu, "11.10.0", { status = "FAIL", reason = "SIGSEGV" })))
  end)
end)
