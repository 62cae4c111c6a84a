--- findings: what is wrong with a program under test whatever the case checked: it fails the case, as the first cause.

local verdict = require "case.verdict"
local verdicts = require "base.verdicts"

local findings = {}

-- Of the first cause first. Each has findings(ctx, is_known, programs, machines): an array of { of = the program, the
-- VM or the console's name, words, status, is_end = it is how the program ended }. A new kind is a row.
local KINDS = { "dpdk.sanitizer", "dpdk.crash" }

--- The new findings of these programs and machines of a case, and at all of its consoles.
function findings.new(ctx, programs, machines)
  local out = {}
  local function is_known(of) return ctx.found[of] ~= nil end
  for _, kind in ipairs(KINDS) do
    for _, finding in ipairs(require(kind).findings(ctx, is_known, programs, machines)) do
      if not ctx.found[finding.of] then
        ctx.found[finding.of] = true
        -- it is no second finding that it ended
        if finding.is_end then finding.of.is_end_known = true end
        out[#out + 1] = finding
      end
    end
  end
  return out
end

-- The status and reason of an outcome that was good. Each finding needs a known issue of its own: one that is known
-- excuses no other.
local function judged(found, issues, ran)
  local is_known, reasons = true, {}
  for i, finding in ipairs(found) do
    local status
    status, reasons[i] = verdict.known("FAIL", finding.words, issues, nil, ran)
    is_known = is_known and status == "XFAIL"
  end
  return is_known and "XFAIL" or verdicts.worst(found).name, table.concat(reasons, "\n")
end

--- An outcome { status, reason, where } with its findings: they are in front of its reason, behind the scenario's line;
--- a good one is bad now. `issues`: the known issues of the case or the cell, or nil; `ran`: the DPDK versions that
--- ran.
function findings.lead(outcome, found, issues, ran)
  if #found == 0 then return end
  if verdicts.of(outcome.status).is_broken then
    local words, reason = {}, tostring(outcome.reason)
    for i, finding in ipairs(found) do words[i] = finding.words end
    local front = outcome.where and outcome.where .. ": " or ""
    if front ~= "" and reason:sub(1, #front) ~= front then front = "" end
    outcome.reason = ("%s%s\n%s"):format(front, table.concat(words, "\n"), reason:sub(#front + 1))
    return
  end
  outcome.status, outcome.reason = judged(found, issues, ran)
  outcome.where = nil
end

return findings
