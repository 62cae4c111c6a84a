-- The DPDK version that ran: printed by each process, in the results, and what a known issue holds for.

local moonrig = require "specs.moonrig"
local process = require "dpdk.process"

describe("the DPDK version of a testpmd", function()
  local rig, ran = moonrig.new(), 0

  teardown(function()
    assert.equal("", rig:leftovers())
    rig:remove()
  end)

  -- The result of a case with a null port's testpmd, `pmd`; `options`: more of it; `last`: steps after its end;
  -- `header`: more of the case.
  local function run(options, steps, last, header)
    ran = ran + 1
    local plan = rig:plan("plan" .. ran, { x = moonrig.case(([[
      local pmd = t:testpmd { vdevs = { "net_null0" }, %s }
      %s
      pmd:quit()
      %s]]):format(options, steps, last or ""), 'needs = { "testpmd" },' .. (header or "")) })
    rig:call { "run", plan, "-o", rig.work .. "/out" }
    return moonrig.results(rig.work .. "/out").cases[1]
  end

  local SAME = [[
    local client = pmd:telemetry()
    t:equal("DPDK " .. pmd:version(), client:greeting().version, "the version")
    client:close()]]

  it("is printed at its start, and in the results", function()
    local case = run("", SAME .. '\nt:match(pmd.console:since(0), "RTE Version: .DPDK " .. pmd:version():gsub("%p", "%%%0"), "its output")')
    assert.equal("PASS", case.status, case.reason)
    assert.matches("^DPDK %d%d%.%d%d%.%d", case.programs[1].version)
  end)

  it("is its telemetry's where the EAL prints nothing", function()
    local closed = 0
    local function asked(greeting)
      local client = { greeting = function() return { version = greeting } end, close = function() closed = closed + 1 end }
      return pcall(process.methods.version, { printed_version = false, name = function() return "quiet" end,
        telemetry = function() return client end })
    end
    assert.same({ true, "26.11.0-rc0" }, { asked "DPDK 26.11.0-rc0" })
    local ok, err = asked "something else"
    assert.is_false(ok)
    assert.matches("quiet: neither its start nor its telemetry has a DPDK version", tostring(err))
    assert.equal(2, closed)
  end)

  it("is asked for once, also by a case that asks for it", function()
    local case = run('eal = { "-v" }', [[
      local f = io.open(("/proc/%d/cmdline"):format(pmd.console:pid()))
      local words = f:read "*a"
      f:close()
      t:equal(select(2, words:gsub("%-v%z", "")), 1, "words -v")]])
    assert.equal("PASS", case.status, case.reason)
  end)

  it("decides how long a line may be", function()
    local case = run("", [[
      local line = "show port info 0" .. (" "):rep(600)
      local ok, err = pcall(pmd.command, pmd, line)
      local is_old = pmd:version() < "24.07"
      t:equal(ok, not is_old, "the line is taken")
      if is_old then t:match(tostring(err), "the line has 616 bytes, and the program reads at most 511", "its error") end]])
    assert.equal("PASS", case.status, case.reason)
  end)

  it("decides whether a known issue is expected", function()
    local function of(versions, last)
      local case = run("", "", last, ('known_issue = { why = "bug 7", says = "^sum", versions = %q },'):format(versions))
      return case.status, case.reason
    end
    local FAILS, HOLDS = 't:equal(1, 2, "sum")', 't:equal(1, 1, "sum")'
    assert.equal("XFAIL", (of("since 22.11", FAILS)))
    assert.equal("XPASS", (of("since 22.11", HOLDS)))
    assert.equal("PASS", (of("until 21.11", HOLDS)))
    local status, reason = of("until 21.11", FAILS)
    assert.equal("FAIL", status)
    assert.matches("sum: expected 2, got 1.*; not the known issue, for this is DPDK %d%d%.%d%d%.%S+: DPDK until 21.11: bug 7", reason)
  end)
end)
