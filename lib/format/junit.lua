--- junit: a run (lib/format/results.lua's) as JUnit XML, in the schema of Jenkins and Surefire (test/specs/junit.xsd).

local artifacts = require "case.artifacts"
local consoles = require "case.consoles"
local mix = require "host.mix"
local programs = require "host.programs"
local run_facts = require "results.run_facts"
local show = require "base.show"
local encoding = require "base.encoding"
local verdicts = require "base.verdicts"

local junit = { file = "junit.xml" }

local XML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;",
  ["\n"] = "&#10;", ["\t"] = "&#9;", ["\r"] = "&#13;" }

-- XML 1.0 cannot hold most control characters, U+FFFE and U+FFFF: U+FFFD replaces them.
local function xml(value)
  local text = type(value) == "string" and value or show.value(value)
  text = encoding.scrub(text):gsub("\239\191[\190\191]", "\239\191\189")
  return (text:gsub('[%z\1-\31&<>"\']', function(c) return XML[c] or "\239\191\189" end))
end

local function seconds(n)
  return type(n) == "number" and n == n and n >= 0 and ("%.3f"):format(math.min(n, 1e9)) or "0.000"
end

local function outcome_lines(case, out)
  local element = verdicts.of(case.status).junit
  if not element then return end
  local reason = case.reason or "no reason was given"
  local message = case.status == "XFAIL" and "known issue: " .. tostring(reason) or reason
  if element == "skipped" then
    out[#out + 1] = ('      <skipped message="%s"/>'):format(xml(message))
    return
  end
  local text = consoles.text(case.consoles)
  table.insert(text, 1, tostring(message))
  out[#out + 1] = ('      <%s type="%s" message="%s">%s</%s>'):format(
    element, xml(case.status), xml(message), xml(table.concat(text, "\n")), element)
end

-- The line by which Jenkins and GitLab find a file; the path is relative to the working folder. plain() keeps program
-- output from looking like it.
local function attachment(case, name)
  local path = case.dir and case.dir .. "/" .. name or name
  if path:find "[%c%]]" then return nil end
  return "[[ATTACHMENT|" .. path .. "]]"
end

local function plain(text)
  return (tostring(text):gsub("%[%[ATTACHMENT", "[ATTACHMENT"))
end

local function detail_lines(case)
  local lines = {}
  if case.file then lines[1] = "scenario: " .. plain(case.file) end
  lines[#lines + 1] = mix.words(case) and plain(mix.words(case))
  for i, one in ipairs(case.attempts or {}) do
    lines[#lines + 1] = ("try %d: %s, %s s%s"):format(i, plain(one.status), seconds(one.seconds),
      one.reason and ": " .. plain(one.reason) or "")
  end
  for _, notice in ipairs(case.notices or {}) do lines[#lines + 1] = plain(notice) end
  for _, phase in ipairs(case.phases or {}) do
    lines[#lines + 1] = ("phase %s: %s s"):format(plain(phase.name), seconds(phase.seconds))
  end
  for _, check in ipairs(case.checks or {}) do
    lines[#lines + 1] = ("check %s: %s"):format(check.ok and "ok" or "NOT OK", plain(check.what))
  end
  for _, name in ipairs(case.transcripts or {}) do lines[#lines + 1] = attachment(case, tostring(name)) end
  for _, one in ipairs(case.artifacts or {}) do
    lines[#lines + 1] = attachment(case, artifacts.path(tostring(one.name)))
  end
  return lines
end

-- Each round is a test case.
local function name_of(case)
  return case.round and ("%s (round %d)"):format(tostring(case.name), case.round) or case.name
end

-- A name that no earlier test case of the suite has. `taken`: how many have it.
local function unique(name, taken)
  local text = xml(name)
  taken[text] = (taken[text] or 0) + 1
  -- the new name may be another one's own
  return taken[text] == 1 and text or unique(("%s (%d)"):format(tostring(name), taken[text]), taken)
end

local function case_lines(case, taken, out)
  out[#out + 1] = ('    <testcase classname="%s" name="%s" time="%s">'):format(
    xml(case.plan), unique(name_of(case), taken), seconds(case.seconds))
  outcome_lines(case, out)
  local lines = detail_lines(case)
  if #lines > 0 then out[#out + 1] = "      <system-out>" .. xml(table.concat(lines, "\n")) .. "</system-out>" end
  out[#out + 1] = "    </testcase>"
end

local PROPERTIES = { "id", "moonrig", "dpdk", "qemu", "image", "kernel", "guest_kernel", "luajit", "accelerator" }

local function property_lines(run, out)
  out[#out + 1] = "    <properties>"
  local function property(name, value)
    out[#out + 1] = ('      <property name="%s" value="%s"/>'):format(xml(name), xml(value))
  end
  for _, name in ipairs(PROPERTIES) do
    if run[name] ~= nil then property(name, run[name]) end
  end
  if run.guest_dpdk_build then
    local facts = run_facts.of({ run }, { dpdk = true, ["guest dpdk"] = true })[1]
    for _, fact in ipairs(facts) do property("under_test." .. fact.name:gsub(" ", "_"), fact.words) end
  end
  for _, name in ipairs(show.sorted_keys(run.host or {})) do property("host." .. name, run.host[name]) end
  local ran = programs.by_name(run.cases or {})
  for _, name in ipairs(show.sorted_keys(ran)) do property("program." .. name, ran[name]) end
  for _, notice in ipairs(run.notices or {}) do property("notice", notice) end
  out[#out + 1] = "    </properties>"
end

-- The attributes of a testsuite, and how many of its cases were skipped.
local function counts(cases)
  local n = { failure = 0, error = 0, skipped = 0, time = 0 }
  for _, case in ipairs(cases) do
    local element = verdicts.of(case.status).junit
    if element then n[element] = n[element] + 1 end
    n.time = n.time + (tonumber(seconds(case.seconds)))
  end
  local text = ('tests="%d" failures="%d" errors="%d" time="%s"'):format(#cases, n.failure, n.error, seconds(n.time))
  return text, n.skipped
end

local function by_plan(cases)
  local plans = {}
  for _, case in ipairs(cases) do
    local plan = tostring(case.plan)
    plans[plan] = plans[plan] or {}
    table.insert(plans[plan], case)
  end
  return plans
end

-- A case without the time of its cells, which have test cases of their own: readers sum the times up.
local function without_cells(case)
  local rest = tonumber(seconds(case.seconds))
  for _, cell in ipairs(case.cells) do rest = rest - tonumber(seconds(cell.seconds)) end
  return setmetatable({ seconds = rest }, { __index = case })
end

-- Each cell is a test case, after its own case.
local function with_cells(cases)
  local rows = {}
  for _, case in ipairs(cases) do
    rows[#rows + 1] = case.cells and without_cells(case) or case
    for _, cell in ipairs(case.cells or {}) do
      rows[#rows + 1] = { plan = case.plan, name = tostring(name_of(case)) .. ": " .. tostring(cell.name),
        file = case.file, status = cell.status, reason = cell.reason, seconds = cell.seconds, consoles = cell.consoles }
    end
  end
  return rows
end

--- The text of junit.xml: a testsuite for each plan, a testcase for each case and cell, each with a name of its own. No
--- time is counted twice, but that of a cell within a cell, which both have. XFAIL is skipped; XPASS and FLAKY are
--- failures. system-out has attempts, checks and transcripts; properties have the versions.
function junit.text(run)
  local cases = with_cells(run.cases or {})
  local out = { '<?xml version="1.0" encoding="UTF-8"?>',
    ('<testsuites name="moonrig" %s>'):format((counts(cases))) }
  local plans = by_plan(cases)
  for _, plan in ipairs(show.sorted_keys(plans)) do
    out[#out + 1] = ('  <testsuite name="%s" timestamp="%s" %s skipped="%d">'):format(
      xml(plan), xml(((run.started or ""):gsub("Z$", ""))), counts(plans[plan]))
    property_lines(run, out)
    local taken = {}
    for _, case in ipairs(plans[plan]) do case_lines(case, taken, out) end
    out[#out + 1] = "  </testsuite>"
  end
  out[#out + 1] = "</testsuites>"
  return table.concat(out, "\n") .. "\n"
end

return junit
