--- duration_stats: what earlier runs make one expect of a case: its usual time, how often it is flaky, and a line of
--- both.

local verdicts = require "base.verdicts"

local duration_stats = {}

--- The rule, in words, for those who ask.
duration_stats.RULE = "slower than usual: over the median of the last 20 passes before (of 5 at least; a guest booted "
  .. "and one restored are told apart) by more than 5 times their MAD, by more than a tenth, and by more than 0.1 s"

local PASSES, FEWEST = 20, 5
local TIMES_MAD, SHARE, SECONDS = 5, 0.1, 0.1

--- The median of numbers; nil of none.
function duration_stats.median(values)
  local sorted = { unpack(values) }
  table.sort(sorted)
  local n = #sorted
  if n == 0 then return nil end
  if n % 2 == 1 then return sorted[(n + 1) / 2] end
  return (sorted[n / 2] + sorted[n / 2 + 1]) / 2
end

--- The median of the distances from the median (MAD); nil of none.
function duration_stats.mad(values)
  local middle, distances = duration_stats.median(values), {}
  for i, value in ipairs(values) do distances[i] = math.abs(value - middle) end
  return duration_stats.median(distances)
end

local function kind_of(row) return row.boot or "" end

--- What is usual for row `at` of rows { status, seconds, boot }, the oldest first: { median, mad, count } of the
--- passes before it; nil where they are too few.
function duration_stats.usual(rows, at)
  local values = {}
  local kind = rows[at] and kind_of(rows[at])
  for i = math.min(at - 1, #rows), 1, -1 do
    local row = rows[i]
    local is_like = row.status == "PASS" and (kind == nil or kind_of(row) == kind)
    if is_like then values[#values + 1] = row.seconds end
    if #values == PASSES then break end
  end
  if #values < FEWEST then return nil end
  return { median = duration_stats.median(values), mad = duration_stats.mad(values), count = #values }
end

--- The same for a next run that is like the last one.
function duration_stats.next(rows)
  local last, all = rows[#rows], { unpack(rows) }
  all[#all + 1] = { boot = last and last.boot }
  return duration_stats.usual(all, #all)
end

local FEW = 5

--- How long a next run may take, in seconds: what is usual; where that cannot be told, the median of the last few that
--- ended as they should. Nil where there is none.
function duration_stats.expect(rows)
  local usual, values = duration_stats.next(rows), {}
  if usual then return usual.median end
  for i = #rows, 1, -1 do
    if verdicts.of(rows[i].status).is_timed and #values < FEW then values[#values + 1] = rows[i].seconds end
  end
  return duration_stats.median(values)
end

--- Is it slower than usual (trend.RULE)?
function duration_stats.is_slower(seconds, usual)
  if not usual then return false end
  local over = seconds - usual.median
  return over > TIMES_MAD * usual.mad and over > SHARE * usual.median and over > SECONDS
end

--- "median 4.02 s, MAD 0.10 s of 20 passes".
function duration_stats.words(usual)
  return ("median %.2f s, MAD %.2f s of %d passes"):format(usual.median, usual.mad, usual.count)
end

-- 95 % of a normal distribution lie within so many standard deviations.
local Z = 1.959963984540054

--- The interval of Wilson (95 %) for a share seen as k of n: low, high, both from 0 to 1. (E. B. Wilson, Journal of the
--- American Statistical Association 22, 1927.)
function duration_stats.wilson(k, n)
  if n == 0 then return 0, 1 end
  local p, z2 = k / n, Z * Z
  local middle = (p + z2 / (2 * n)) / (1 + z2 / n)
  local half = Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
  -- what is exact is not to be hidden by what was rounded
  local low, high = k == 0 and 0 or middle - half, k == n and 1 or middle + half
  return math.max(0, low), math.min(1, high)
end

-- In which runs it passed, and in which it did not.
local function passed_in(rows)
  local passed = {}
  for _, row in ipairs(rows) do
    if row.status == "PASS" then passed[row.run] = true end
  end
  return passed
end

--- How often it was flaky: { flaky, of, low, high }: it is FLAKY, or failed in a run in which it passed, too
--- (--repeat); of the verdicts that are PASS, FAIL, ERROR or FLAKY.
function duration_stats.flakes(rows)
  local passed, k, n = passed_in(rows), 0, 0
  for _, row in ipairs(rows) do
    local verdict = verdicts.of(row.status)
    if verdict.is_tried then n = n + 1 end
    if verdict.name == "FLAKY" or verdict.is_broken and passed[row.run] then k = k + 1 end
  end
  local low, high = duration_stats.wilson(k, n)
  return { flaky = k, of = n, low = low, high = high }
end

local BARS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

--- Numbers as a line of bars, the largest the highest, 0 (or the least, if that is below) the lowest; false is a dot: a
--- run that says nothing of it.
function duration_stats.sparkline(values)
  local low, high = 0, 0
  for _, value in ipairs(values) do
    if value then low, high = math.min(low, value), math.max(high, value) end
  end
  local out = {}
  for i, value in ipairs(values) do
    local share = value and (high > low and (value - low) / (high - low) or 0)
    out[i] = value and BARS[1 + math.floor(share * 7 + 0.5)] or "·"
  end
  return table.concat(out)
end

return duration_stats
