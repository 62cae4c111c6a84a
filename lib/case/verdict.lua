--- verdict: from the end of a case or a cell to PASS, FAIL, ERROR, SKIP, XFAIL or XPASS.

local engine = require "engine"
local fail = require "base.fail"
local releases = require "dpdk.releases"
local show = require "base.show"
local suggest = require "base.suggest"
local verdicts = require "base.verdicts"
local where = require "base.where"

local verdict = {}

local Skip = {}

--- The object that t:skip raises.
function verdict.skip(reason) return setmetatable({ reason = reason }, Skip) end

--- Was it raised by t:skip?
function verdict.is_skip(err) return getmetatable(err) == Skip end

--- Was it raised by a failed check?
function verdict.is_failure(err) return type(err) == "table" and rawget(err, "kind") == "check" end

local function of_error(err, trace)
  if verdict.is_skip(err) then return "SKIP", err.reason end
  if verdict.is_failure(err) then return "FAIL", tostring(err), rawget(err, "where") end
  local place = fail.place(err)
  if place then return "ERROR", tostring(err), place end
  local is_text = type(err) == "string" or getmetatable(err) ~= nil
  if not is_text then err = "raised a value that is no text: " .. show.value(err) end
  return "ERROR", where.placed(err, where.in_trace(trace, engine.home()), engine.home())
end

--- The status, the reason (unless PASS) and the place in the scenario (if known). From `ok`, the error and its
--- traceback, the number of checks, the known issues (verdict.issues', or nil) and whether they show only sometimes;
--- with them, the DPDK versions that ran ({ [version] = true }, or nil).
function verdict.of(ok, err, trace, checks, issues, is_sometimes, ran)
  local status, reason, place = "PASS", nil, nil
  if not ok then
    status, reason, place = of_error(err, trace)
  elseif checks == 0 then
    status, reason = "ERROR", "nothing was checked: a case calls at least one check, such as t:equal"
  end
  status, reason = verdict.known(status, reason, issues, is_sometimes, ran)
  return status, reason, place
end

local HOW = 'known_issue is { why = "...", says = "a Lua pattern that the failure\'s reason matches", '
  .. 'versions = "22.11 to 26.11" }, with several patterns in a table, and without versions for any; or a table of such'

local function are_patterns(list)
  if type(list) ~= "table" or #list == 0 then return false end
  for _, value in ipairs(list) do
    if type(value) ~= "string" or value == "" or not pcall(string.find, "", value) then return false end
  end
  return true
end

local ISSUE = { why = true, says = true, versions = true }

local function issue_of(caller, given)
  local says = type(given) == "table" and given.says
  if type(says) == "string" then says = { says } end
  if not are_patterns(says) or type(given.why) ~= "string" or given.why == "" then
    fail.misuse("%s: %s", caller, HOW)
  end
  for key in pairs(given) do
    if not ISSUE[key] then fail.misuse("%s: no %s; %s", caller, tostring(key), HOW) end
  end
  if given.versions == nil then return { why = given.why, says = says } end
  local range, why = releases.range(given.versions)
  if not range then fail.misuse("%s: known_issue: %s", caller, why) end
  range.words = given.versions
  return { why = given.why, says = says, versions = range }
end

--- A scenario's known issue, or several of them, checked: an array of { why, says = array, versions = nil or { since,
--- last } (dpdk.releases), and its words }, or nil for nil. Raises (in the name of `caller`) for a bad one: without
--- `says` it would cover every other failure.
function verdict.issues(caller, given)
  if given == nil then return nil end
  local list, out = type(given) == "table" and given[1] ~= nil and given or { given }, {}
  for key in pairs(list) do
    if type(key) ~= "number" then fail.misuse("%s: %s", caller, HOW) end
  end
  for i, one in ipairs(list) do out[i] = issue_of(caller, one) end
  return out
end

local function unmatched(issue, text)
  for _, pattern in ipairs(issue.says) do
    if not text:find(pattern) then return pattern end
  end
end

-- Does an issue hold for a DPDK that ran? Nothing is known of those that did not print their version.
local function holds(issue, ran)
  if not issue.versions or not ran or next(ran) == nil then return true end
  for version in pairs(ran) do
    if not releases.read(version) or releases.holds(issue.versions, version) then return true end
  end
  return false
end

-- An issue in words.
local function words_of(issue)
  return issue.versions and ("DPDK %s: %s"):format(issue.versions.words, issue.why) or issue.why
end

-- The reason of a failure with an issue that other versions have.
local function of_other_versions(reason, issue, ran)
  return ("%s; not the known issue, for this is DPDK %s: %s"):format(reason,
    table.concat(show.sorted_keys(ran), ", "), words_of(issue))
end

-- Those that hold for what ran.
local function held(issues, ran)
  local out = {}
  for _, issue in ipairs(issues) do
    if holds(issue, ran) then out[#out + 1] = issue end
  end
  return out
end

local function matching(issues, reason)
  for _, issue in ipairs(issues) do
    if not unmatched(issue, reason) then return issue end
  end
end

--- The status and reason with known issues (verdict.issues', or nil) and the DPDK versions that ran. A failure that
--- matches none stays a FAIL; one that these versions do not have is not expected.
function verdict.known(status, reason, issues, is_sometimes, ran)
  if not issues then return status, reason end
  local here = held(issues, ran)
  if #here == 0 then
    return status, status == "FAIL" and of_other_versions(reason, issues[1], ran) or reason
  end
  if status == "PASS" and not is_sometimes then return "XPASS", "passes now: " .. words_of(here[1]) end
  if status ~= "FAIL" then return status, reason end
  local issue = matching(here, reason)
  if issue then return "XFAIL", words_of(issue) .. "; seen: " .. reason end
  return "FAIL", ("%s; not the known issue, which needs a match of %s: %s"):format(
    reason, show.value(unmatched(here[1], reason)), words_of(here[1]))
end

--- The status at the case's end, with `words` (or nil) about leftovers and unexpected ends.
function verdict.at_end(status, reason, words)
  if not words or verdicts.of(status).is_broken then return status, reason end
  return "ERROR", words
end

--- An outcome { status, reason, where } with a later one: the worse status, and the first cause first.
function verdict.followed(outcome, later)
  if not verdicts.of(outcome.status).is_broken then return later end
  local worst = verdicts.worst { outcome, later }
  return { status = worst.name, reason = ("%s\n%s"):format(tostring(outcome.reason), later.reason),
    where = outcome.where, is_cut = outcome.is_cut }
end

local function names_of(cells, status)
  local names = {}
  for _, cell in ipairs(cells) do
    if cell.status == status then names[#names + 1] = cell.name end
  end
  return names
end

-- The bad cells in their order, and the reason of the first one: later ones may be its effect.
local function bad_words(cells)
  local names, first = {}, nil
  for _, cell in ipairs(cells) do
    if verdicts.of(cell.status).is_bad then
      first = first or cell
      names[#names + 1] = ("%s (%s)"):format(cell.name, cell.status)
    end
  end
  local words = ("%d of %d cells: %s"):format(#names, #cells, table.concat(names, "; "))
  return first.reason and ("%s\n%s: %s"):format(words, first.name, first.reason:match "[^\n]*") or words
end

-- The verdict over cells: { name, status, ... }. With one PASS, XFAIL and SKIP do no harm.
local function of_cells(cells)
  local worst = verdicts.worst(cells)
  if worst.is_bad then return worst.name, bad_words(cells) end
  if #names_of(cells, "PASS") == 0 then return cells[1].status, cells[1].reason end
  return "PASS"
end

-- The known issue of each failed cell, if all have one: the first cell's.
local function known_of(cells, issues, ran)
  local first
  for _, cell in ipairs(cells) do
    if cell.status == "FAIL" then
      local issue = matching(held(issues or {}, ran), cell.reason)
      if not issue then return nil end
      first = first or issue
    end
  end
  return first
end

--- The status and reason of a case of which one cell was asked for that it does not have.
function verdict.without_cell(status, reason, ctx)
  local is_told = status == "SKIP" or verdicts.of(status).is_broken
  if is_told and reason and #ctx.left_out == 0 then return status, reason end
  local names = #ctx.left_out > 0 and "its cells are: " .. suggest.some(ctx.left_out) or "it has none"
  return "ERROR", ("no cell of the case holds %q; %s"):format(ctx.only_cell, names)
end

--- The case's status with its cells, the header's known issues and the DPDK versions that ran: neither a skip nor
--- an issue hides a bad cell.
function verdict.of_case(status, reason, cells, issues, ran)
  if #cells == 0 then return verdict.known(status, reason, issues, nil, ran) end
  local worst, words = of_cells(cells)
  local is_bad = verdicts.of(worst).is_bad
  -- the cells came first
  if verdicts.of(status).is_broken and is_bad then return status, ("%s\n%s"):format(words, tostring(reason)) end
  if status == "PASS" or (status == "SKIP" and is_bad) then
    status, reason = worst, words
    if status == "FAIL" then
      local issue = known_of(cells, issues, ran)
      if not issue then return status, reason end
      return "XFAIL", words_of(issue) .. "; seen: " .. words
    end
  end
  return verdict.known(status, reason, issues, nil, ran)
end

return verdict
