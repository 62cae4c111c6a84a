--- frame: the form of a measurement, the rows from its rounds, and the table of the rows. Nothing here measures.
---
--- A measurement, as data:
---   { name = "...", what = "what is measured", unit = "s" (of its costs, smaller is better),
---     rounds = 3 (no more than that, of the rounds asked for; may be left out),
---     ours = fn(b, round) → cost, { kib = value } (what limits and `also` are `of`; may be left out),
---     against = { { name = "pexpect", run = fn(b, round) → cost, at_least = 3 or at_most = 1.3 }, ... },
---     also = { { name = "...", of = "kib", at_most = 0.1 }, ... } (more costs of ours against the first counterpart,
---       each a row under its own name, with a `what` of its own where it has one),
---     limits = { { name = "memory a console", of = "kib", unit = "KiB", at_most = 64 }, ... } }
--- `at_most`: ours may cost that many times theirs; `at_least`: ours is that many times faster.
--- Each side runs once in a round; a round's ratio is of its own costs.

local frame = {}

--- The median of numbers; nil of none.
frame.median = require("results.duration_stats").median

-- The largest minus the smallest value, over the median.
local function spread(values)
  local median = frame.median(values)
  if not median or median == 0 then return nil end
  return (math.max(unpack(values)) - math.min(unpack(values))) / median
end

-- The ratios for a target: ours over theirs; with at_least, theirs over ours.
local function ratios(target, ours, theirs)
  local out = {}
  for i = 1, math.min(#ours, #theirs) do
    out[i] = target.at_least and theirs[i] / ours[i] or ours[i] / theirs[i]
  end
  return out
end

--- "met" or "missed"; "measured" where there is no target.
function frame.verdict(target, value)
  if target.at_most then return value <= target.at_most and "met" or "missed" end
  if target.at_least then return value >= target.at_least and "met" or "missed" end
  return "measured"
end

-- A row of the table for one counterpart, from the costs of all rounds.
local function row_against(m, side, ours, theirs)
  local row = { name = m.name, what = m.what, unit = m.unit, against = side.name,
    at_most = side.at_most, at_least = side.at_least, rounds = { ours = ours, theirs = theirs } }
  local each = ratios(side, ours, theirs)
  if #each == 0 then
    row.verdict = "not measured"
    return row
  end
  row.ratio, row.spread = frame.median(each), spread(each)
  row.ours, row.theirs = frame.median(ours), frame.median(theirs)
  row.verdict = frame.verdict(side, row.ratio)
  return row
end

-- A row for another cost of ours, against the costs of the first counterpart.
local function row_of_also(m, also, ours, theirs)
  local named = { name = also.name, what = also.what or m.what, unit = m.unit }
  local side = { name = m.against[1].name, at_most = also.at_most, at_least = also.at_least }
  return row_against(named, side, ours, theirs)
end

local function row_of_limit(m, limit, values)
  local row = { name = m.name, what = m.what, unit = limit.unit, limit = limit.name, at_most = limit.at_most,
    at_least = limit.at_least, rounds = { ours = values } }
  row.ours = frame.median(values)
  row.verdict = row.ours and frame.verdict(limit, row.ours) or "not measured"
  return row
end

--- The rows of a measurement. `seen`: { ours = costs, limits = { kib = values }, [i] = the costs of its i-th
--- counterpart, problem = why a side could not be measured }.
function frame.rows(m, seen)
  local rows = {}
  for i, side in ipairs(m.against or {}) do rows[#rows + 1] = row_against(m, side, seen.ours, seen[i]) end
  for _, also in ipairs(m.also or {}) do
    rows[#rows + 1] = row_of_also(m, also, seen.limits[also.of] or {}, seen[1])
  end
  for _, limit in ipairs(m.limits or {}) do
    rows[#rows + 1] = row_of_limit(m, limit, seen.limits[limit.of] or {})
  end
  for _, row in ipairs(rows) do row.problem = seen.problem end
  return rows
end

local SCALES = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 0, "ns" } }

--- A cost in words: "25.3 us", "64 KiB".
function frame.cost(value, unit)
  if not value then return "-" end
  if unit ~= "s" then return ("%.3g %s"):format(value, unit) end
  for _, scale in ipairs(SCALES) do
    if value >= scale[1] then return ("%.3g %s"):format(value / math.max(scale[1], 1e-9), scale[2]) end
  end
end

local function target_of(row)
  if row.at_most then return ("at most %g"):format(row.at_most) end
  return row.at_least and ("at least %g"):format(row.at_least) or "-"
end

local FORM = "%-12s %8s %-14s %10s %10s  %s"

local function line_of(row)
  local ratio = row.limit and row.ours or row.ratio
  local words = row.limit and ("%s: %s"):format(row.name, row.limit) or ("%s, against %s"):format(row.name, row.against)
  return FORM:format(row.verdict, ratio and ("%.3g"):format(ratio) or "-", target_of(row),
    frame.cost(row.ours, row.unit), row.limit and "" or frame.cost(row.theirs, row.unit), words)
end

--- The table, an array of lines: ratios first. Under a row that was not measured: the reason.
function frame.lines(rows)
  local out, printed = { (FORM:format("", "ratio", "target", "ours", "theirs", "what"):gsub("%s+$", "")) }, {}
  for _, row in ipairs(rows) do
    out[#out + 1] = line_of(row)
    if row.problem and not printed[row.problem] then
      out[#out + 1] = "             " .. row.problem
      printed[row.problem] = true
    end
  end
  return out
end

local function key_of(row)
  return row.name .. "\0" .. (row.against or row.limit or "")
end

-- The figure to compare between runs: the ratio does not depend on the machine's speed.
local function figure(row)
  return row.limit and row.ours or row.ratio
end

--- The changes since a stored run's rows, an array of lines: each row's figure then and now.
function frame.changes(rows, stored)
  local before, out = {}, {}
  for _, row in ipairs(stored) do before[key_of(row)] = row end
  for _, row in ipairs(rows) do
    local old = before[key_of(row)]
    local was, is = old and figure(old), figure(row)
    if was and is then
      out[#out + 1] = ("%8.3g -> %-8.3g %+6.0f %%  %s, %s"):format(was, is, (is / was - 1) * 100, row.name,
        row.limit or "against " .. row.against)
    else
      out[#out + 1] = ("%8s -> %-8s           %s, %s"):format(was and ("%.3g"):format(was) or "-",
        is and ("%.3g"):format(is) or "-", row.name, row.limit or "against " .. row.against)
    end
  end
  return out
end

--- How many rows have each verdict, in words.
function frame.summary(rows)
  local n = {}
  for _, row in ipairs(rows) do n[row.verdict] = (n[row.verdict] or 0) + 1 end
  return ("%d targets: %d met, %d missed, %d not measured"):format(#rows - (n.measured or 0), n.met or 0, n.missed or 0,
    n["not measured"] or 0)
end

return frame
