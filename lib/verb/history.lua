--- history: `moonrig history`: the results of cases over their runs, from the history database.

local fail = require "base.fail"
local history_db = require "results.history_db"
local numbers = require "base.numbers"
local paths = require "base.paths"
local run_folder = require "results.run_folder"
local suggest = require "base.suggest"
local duration_stats = require "results.duration_stats"
local ui = require "report.ui"

local COUNT = 20

-- The most verdicts of a case for the statistics.
local MANY = 1000

local function plural(n, word) return ("%d %s%s"):format(n, word, n == 1 and "" or "s") end

-- A bar for the seconds of each pass, a dot for other verdicts.
local function bars(rows)
  local values = {}
  for i, row in ipairs(rows) do values[i] = row.status == "PASS" and row.seconds end
  return duration_stats.sparkline(values)
end

-- "2 of 40 flaky, 5.0 % (1.4 to 16.5 %)".
local function flake_words(f)
  return ("%d of %d flaky, %.1f %% (%.1f to %.1f %%)"):format(f.flaky, f.of, f.of > 0 and 100 * f.flaky / f.of or 0,
    100 * f.low, 100 * f.high)
end

local function overview(book, term, count)
  local cases = book:cases()
  for _, case in ipairs(cases) do
    local rows = book:verdicts(case.plan, case.name, MANY)
    local recent = { unpack(rows, math.max(1, #rows - count + 1)) }
    local stats, flakes = duration_stats.next(rows), duration_stats.flakes(rows)
    term:line(("%s %-44s %s"):format(term:verdict(rows[#rows].status, 5), run_folder.label(case), bars(recent)))
    local words = { plural(#rows, "verdict"), stats and duration_stats.words(stats) or nil }
    if flakes.flaky > 0 then words[#words + 1] = flake_words(flakes) end
    term:line("      " .. table.concat(words, "; "))
  end
  if #cases == 0 then fail.raise("NOTHING", "history", "no finished run has a case in " .. book.base) end
end

local function row_line(term, row)
  local words = { ("%s  %s %8.2f s"):format(row.run, term:verdict(row.status, 5), row.seconds) }
  if row.boot then words[#words + 1] = row.boot end
  if row.round then words[#words + 1] = ("round %d"):format(row.round) end
  if row.is_slower then
    words[#words + 1] = term:colour("yellow", ("slower than usual: %s"):format(duration_stats.words(row.baseline)))
  end
  term:line(table.concat(words, "  "))
  local why = row.status ~= "PASS" and row.reason and row.reason:match "[^\n]+"
  if why then term:line("      " .. why) end
end

-- A line for each measured value that is a number.
local function show_values(book, term, rows)
  local names, series = {}, {}
  for i, row in ipairs(rows) do
    for _, one in ipairs(book:values(row.id)) do
      local number = tonumber(one.value)
      if number and not series[one.name] then
        names[#names + 1], series[one.name] = one.name, {}
      end
      if number then series[one.name][i] = number end
    end
  end
  for _, name in ipairs(names) do
    local values, all = {}, {}
    for i = 1, #rows do
      values[i] = series[name][i] or false
      all[#all + 1] = series[name][i]
    end
    term:line(("%-32s %s  last %.6g, median %.6g, MAD %.6g"):format(name, duration_stats.sparkline(values), all[#all],
      duration_stats.median(all), duration_stats.mad(all)))
  end
end

local function details(book, term, case, count)
  local rows = book:history(case.plan, case.name, count)
  term:line(run_folder.label(case))
  for _, row in ipairs(rows) do row_line(term, row) end
  local verdicts = book:verdicts(case.plan, case.name, MANY)
  local stats = duration_stats.next(verdicts)
  if #rows > 1 then term:line(("%-32s %s"):format("seconds of passes", bars(rows))) end
  show_values(book, term, rows)
  if stats then term:line("usual: " .. duration_stats.words(stats)) end
  term:line(flake_words(duration_stats.flakes(verdicts)))
  term:line(duration_stats.RULE)
end

-- The cases with this NAME or PLAN/NAME; all rows of one without [ROW].
local function cases_of(book, word)
  local out, names = {}, {}
  for _, case in ipairs(book:cases()) do
    local label = run_folder.label(case)
    names[#names + 1], names[#names + 2] = case.name, label
    local is_its = word == case.name or word == label
    if is_its or word == case.name:match "^[^%[:]*" or word == label:match "^[^%[:]*" then out[#out + 1] = case end
  end
  if #out > 0 then return out end
  fail.raise("USAGE", "history", ("no run in %s has a case %s%s"):format(book.base, word, suggest.hint(word, names)))
end

local function show(book, o, term)
  if o.case then
    for _, case in ipairs(cases_of(book, o.case)) do details(book, term, case, o.count or COUNT) end
  elseif not o.rebuild then
    overview(book, term, o.count or COUNT)
  end
end

local function open(base, o)
  local ok, book = pcall(history_db.open, base)
  if ok then return book end
  if not (o.rebuild and fail.code(book) == "EBADMSG") then error(book, 0) end
  history_db.discard(base)
  return history_db.open(base)
end

local function options(command)
  command:argument("case", "A case's NAME or PLAN/NAME (default: a line for each case)."):args "?"
  command:option("-n", "Show at most N runs (default: 20)."):target "count":argname "<n>"
    :convert(numbers.whole("-n", 1, 100000))
  command:flag("--rebuild", "Build history.db again from the runs' folders.")
  run_folder.add_base(command)
end

local function main(o)
  local base, term = o.out or (paths.results()), ui.terminal()
  local book = open(base, o)
  local ok, err = pcall(function()
    local added, _, errors = (o.rebuild and book.rebuild or book.update)(book)
    for _, why in ipairs(errors) do term:line("note: left out: " .. why) end
    if o.rebuild then term:line(("%s/%s: %s read"):format(base, history_db.NAME, plural(added, "run"))) end
    show(book, o, term)
  end)
  book:close()
  if not ok then error(err, 0) end
  return 0
end

return { order = 5, main = main, options = options,
  words = "Show the results of cases over their runs: verdicts, seconds, measured values, flakes." }
