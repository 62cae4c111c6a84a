--- verdict: from how a case or a cell ended to PASS, FAIL, ERROR, SKIP, XFAIL or XPASS.

local engine = require "engine"
local show = require "show"
local where = require "where"

local verdict = {}

local Skip = {}

--- What t:skip raises.
function verdict.skip(reason)
  return setmetatable({ reason = reason }, Skip)
end

local function of_error(err, trace)
  if getmetatable(err) == Skip then return "SKIP", err.reason end
  if type(err) == "table" and rawget(err, "kind") == "check" then return "FAIL", tostring(err) end
  local at = where.in_trace(trace, engine.home())
  local text = tostring(err)
  if type(err) ~= "string" and not getmetatable(err) then text = "raised what is no text: " .. show.value(err) end
  if at and not text:find(at, 1, true) then text = text .. " (" .. at .. ")" end
  return "ERROR", text
end

--- `ok`, and the error and its traceback where it is not; how many checks were made; the known issue, if
--- any, and whether it shows only sometimes. Returns the status and, unless it is PASS, the reason.
function verdict.of(ok, err, trace, checks, known_issue, is_sometimes)
  local status, reason = "PASS", nil
  if not ok then
    status, reason = of_error(err, trace)
  elseif checks == 0 then
    status, reason = "ERROR", "nothing was checked"
  end
  return verdict.known(status, reason, known_issue, is_sometimes)
end

--- A status in the light of a known issue (nil: there is none).
function verdict.known(status, reason, known_issue, is_sometimes)
  if known_issue and status == "FAIL" then return "XFAIL", known_issue .. "; seen: " .. reason end
  if known_issue and status == "PASS" and not is_sometimes then return "XPASS", "passes now: " .. known_issue end
  return status, reason
end

-- What nothing went wrong in, as far as was seen until then.
local GOOD = { PASS = true, SKIP = true, XFAIL = true, XPASS = true }

--- The status at the case's end, once `words` (nil: none) about what it left or did not notice are known.
function verdict.at_end(status, reason, words)
  if not words or not GOOD[status] then return status, reason end
  return "ERROR", words
end

-- The worst first: what one cell is, the whole is.
local WORST = { "ERROR", "FAIL", "XPASS" }

--- The verdict over cells: { name, status, ... }. PASS, XFAIL and SKIP do no harm, where there is a PASS.
function verdict.of_cells(cells)
  for _, status in ipairs(WORST) do
    local names = {}
    for _, cell in ipairs(cells) do
      if cell.status == status then names[#names + 1] = cell.name end
    end
    if #names > 0 then
      return status, ("%d of %d cells: %s"):format(#names, #cells, table.concat(names, "; "))
    end
  end
  local passed = 0
  for _, cell in ipairs(cells) do passed = passed + (cell.status == "PASS" and 1 or 0) end
  if passed == 0 then return cells[1].status, cells[1].reason end
  return "PASS"
end

return verdict
