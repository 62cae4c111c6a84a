--- duration_stats: what earlier verdicts of a case give: its baseline, an outlier, how often it is flaky.

local verdicts = require "base.verdicts"

local duration_stats = {}

--- The rule of is_slower, in words.
duration_stats.RULE = "slower than usual: over the median of the last 20 passes before (of 5 at least; a guest booted "
  .. "and one restored have their own) by more than 5 times their MAD, by more than a tenth, and by more than 0.1 s"

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

--- The baseline of row `at` of rows { status, seconds, boot }, the oldest first: { median, mad, count } of the passes
--- before it that booted the same way; nil if there are too few.
function duration_stats.baseline(rows, at)
  local values = {}
  local boot = rows[at] and (rows[at].boot or "")
  for i = math.min(at - 1, #rows), 1, -1 do
    local row = rows[i]
    local is_alike = boot == nil or (row.boot or "") == boot
    if row.status == "PASS" and is_alike then values[#values + 1] = row.seconds end
    if #values == PASSES then break end
  end
  if #values < FEWEST then return nil end
  return { median = duration_stats.median(values), mad = duration_stats.mad(values), count = #values }
end

--- The baseline of the next run, if it boots as the last one did.
function duration_stats.next(rows)
  local last, all = rows[#rows], { unpack(rows) }
  all[#all + 1] = { boot = last and last.boot }
  return duration_stats.baseline(all, #all)
end

local FEW = 5

--- How long the next run may take, in seconds: the baseline's median; without a baseline, the median of the last few
--- runs that have a timed verdict. Nil: there is none.
function duration_stats.expect(rows)
  local baseline, values = duration_stats.next(rows), {}
  if baseline then return baseline.median end
  for i = #rows, 1, -1 do
    if verdicts.of(rows[i].status).is_timed and #values < FEW then values[#values + 1] = rows[i].seconds end
  end
  return duration_stats.median(values)
end

--- Is it slower than usual (duration_stats.RULE)? `baseline` may be nil: false.
function duration_stats.is_slower(seconds, baseline)
  if not baseline then return false end
  local over = seconds - baseline.median
  return over > TIMES_MAD * baseline.mad and over > SHARE * baseline.median and over > SECONDS
end

--- "median 4.02 s, MAD 0.10 s of 20 passes".
function duration_stats.words(baseline)
  return ("median %.2f s, MAD %.2f s of %d passes"):format(baseline.median, baseline.mad, baseline.count)
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
  -- 0 and 1 are exact: no rounding may change them
  local low, high = k == 0 and 0 or middle - half, k == n and 1 or middle + half
  return math.max(0, low), math.min(1, high)
end

--- How often a case was flaky, of its verdicts that are PASS, FAIL, ERROR or FLAKY: { flaky, of, low, high }. Flaky is
--- a FLAKY, and a failure in a run that has a PASS of the case, too (--repeat).
function duration_stats.flakes(rows)
  local passed, k, n = {}, 0, 0
  for _, row in ipairs(rows) do passed[row.run] = passed[row.run] or row.status == "PASS" end
  for _, row in ipairs(rows) do
    local verdict = verdicts.of(row.status)
    if verdict.is_tried then n = n + 1 end
    if verdict.name == "FLAKY" or verdict.is_broken and passed[row.run] then k = k + 1 end
  end
  local low, high = duration_stats.wilson(k, n)
  return { flaky = k, of = n, low = low, high = high }
end

local BARS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

--- Numbers as a line of bars: the largest is the highest; 0, or a smaller least value, the lowest. False is a dot.
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
