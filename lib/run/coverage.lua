--- coverage: what selected cases cover of test plans: `plan` and `case` of their headers and rows.

local scenario = require "case.scenario"

local coverage = {}

-- "Test Case 10" comes after "Test Case 2".
local function sort_key(text)
  return (text:lower():gsub("%d+", function(digits) return ("%010.0f"):format(tonumber(digits)) end))
end

local function sorted_keys(t)
  local out = {}
  for key in pairs(t) do out[#out + 1] = key end
  table.sort(out, function(a, b)
    local x, y = sort_key(a), sort_key(b)
    if x ~= y then return x < y end
    return a < b
  end)
  return out
end

-- Adds a case to { [plan] = { [test case] = { scripts = array, [script] = { name, claim, rows = array } } } }.
local function add(plans, item)
  local plan, case = item.covers.plan, item.covers.case or "the whole plan"
  plans[plan] = plans[plan] or {}
  plans[plan][case] = plans[plan][case] or { scripts = {} }
  local by_script, name = plans[plan][case], ("%s/%s"):format(item.plan, item.script)
  local one = by_script[name]
  if not one then
    local header = scenario.load(item.file)
    one = { name = name, claim = header and header.name or "", rows = {} }
    by_script[name] = one
    table.insert(by_script.scripts, one)
  end
  one.rows[#one.rows + 1] = item.row
end

-- A bar would end a table's cell.
local function plain(text) return (text:gsub("|", "\\|"):gsub("%s+", " ")) end

local function rows_of(one)
  if #one.rows == 0 then return "" end
  return (" [%s]"):format(table.concat(one.rows, ", "))
end

--- A Markdown table for each plan that the cases (discover.scenarios) cover: an array of lines; empty without any.
function coverage.lines(items)
  local plans, out = {}, {}
  for _, item in ipairs(items) do
    if item.covers then add(plans, item) end
  end
  for _, plan in ipairs(sorted_keys(plans)) do
    if #out > 0 then out[#out + 1] = "" end
    out[#out + 1] = ("### %s\n\n| test case | scenario | claim |\n|---|---|---|"):format(plain(plan))
    for _, case in ipairs(sorted_keys(plans[plan])) do
      for _, one in ipairs(plans[plan][case].scripts) do
        out[#out + 1] = ("| %s | `%s`%s | %s |"):format(plain(case), one.name, rows_of(one), plain(one.claim))
      end
    end
  end
  return out
end

return coverage
