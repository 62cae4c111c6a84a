local findings = require "case.findings"
local verdict = require "case.verdict"

local CRASH = { { words = "testpmd died with SIGSEGV", status = "FAIL" } }
local BUG = verdict.issues("t:cell", { why = "bug 7", says = "SIGSEGV", versions = "22.11" })

local function led(outcome, issues, version)
  findings.lead(outcome, CRASH, issues, { [version] = true })
  return { outcome.status, outcome.reason }
end

describe("findings.lead", function()
  it("makes a good outcome bad", function()
    assert.same({ "FAIL", "testpmd died with SIGSEGV" }, led({ status = "PASS" }, nil, "22.11.11"))
  end)

  it("excuses by a known issue only what these versions have", function()
    assert.same({ "XFAIL", "DPDK 22.11: bug 7; seen: testpmd died with SIGSEGV" }, led({ status = "PASS" }, BUG, "22.11.11"))
    assert.same({ "FAIL", "testpmd died with SIGSEGV; not the known issue, for this is DPDK 24.11.8: DPDK 22.11: bug 7" },
      led({ status = "PASS" }, BUG, "24.11.8"))
  end)

  it("excuses none that is not known beside one that is", function()
    local outcome = { status = "PASS" }
    findings.lead(outcome, { { words = "vhost ended with SIGABRT", status = "FAIL" }, CRASH[1] }, BUG, { ["22.11.11"] = true })
    assert.equal("FAIL", outcome.status)
    assert.matches("^vhost ended with SIGABRT; not the known issue.*\nDPDK 22.11: bug 7; seen: testpmd died", outcome.reason)
  end)

  it("is in front of a bad outcome's reason, behind the scenario's line", function()
    local outcome = { status = "ERROR", reason = "x.lua:3: no prompt", where = "x.lua:3" }
    assert.same({ "ERROR", "x.lua:3: testpmd died with SIGSEGV\nno prompt" }, led(outcome, BUG, "22.11.11"))
  end)
end)
