--- combinations: cases run once for each combination of what is under test, and their verdicts side by side.

local engine = require "engine"
local fail = require "base.fail"
local matrix = require "report.matrix"
local product = require "results.product"
local run_facts = require "results.run_facts"
local verdicts = require "base.verdicts"

local combinations = {}

local INTERRUPTED = 2

-- "combination 2 of 4: dpdk debian:trixie, qemu /opt/qemu".
local function print_head(term, all, i)
  local places = {}
  for n, one in ipairs(all) do places[n] = { is_missing = true, under_test = one } end
  local words = run_facts.words(run_facts.of(places, run_facts.ALWAYS)[i],
    "what this machine has")
  term:line(("combination %d of %d: %s"):format(i, #all, words))
end

-- The cases of combinations that the deadline left no time for.
local function not_run(runs, all, o, term)
  if #runs == #all or not o.ends or engine.now() < o.ends then return {} end
  term:line(("note: %d of %d combinations were not run: the run's deadline of %g s came before them"):format(
    #all - #runs, #all, o.deadline))
  return { { status = "ERROR" } }
end

-- The worst verdict's, as of one run; results that are not whole are no success.
local function status_of(runs, statuses, late)
  local cases = late
  for _, run in ipairs(runs) do
    if run.interrupted then return INTERRUPTED end
    for _, case in ipairs(run.cases) do cases[#cases + 1] = case end
  end
  local worst = verdicts.worst(cases).exit
  for _, status in ipairs(statuses) do
    if worst == 0 then worst = status end
  end
  return worst
end

-- Each page has the table as of its run's end: those before the last one get the whole of it.
local function write_pages(runs)
  local format = require "format.page"
  for i = 1, #runs - 1 do
    local ok, err = pcall(format.write, runs[i], runs[i].folder)
    if not ok then io.stderr:write("moonrig: cannot write the report again: ", fail.what(err), "\n") end
  end
end

local function is_over(o, run, status)
  return run.interrupted or o.stop_early and status ~= 0 or o.ends and engine.now() >= o.ends
end

-- Fills in the runs and their exit statuses, up to the first that ends them all. True: Ctrl-C came between two.
local function run_each(o, all, term, run_once, runs, statuses)
  local first
  for i, one in ipairs(all) do
    if engine.is_cancelled() then
      engine.clear_cancel()
      return true
    end
    print_head(term, all, i)
    o.under_test, o.combination = one, { of = first, index = i, all = all }
    local run, status = run_once(o)
    first = first or run.id
    runs[i], statuses[i] = run, status
    if is_over(o, run, status) then return false end
  end
end

--- Runs run_once(o), which returns a run and its exit status, with each of `all` (run/choices.lua) under test. The
--- deadline of `o` is that of all of them together; so is -x. Returns the exit status.
function combinations.run(o, all, term, run_once)
  local runs, statuses = {}, {}
  o.ends = o.deadline and engine.now() + o.deadline
  local ok, is_cut = pcall(run_each, o, all, term, run_once, runs, statuses)
  if #runs > 0 then
    write_pages(runs)
    matrix.print(term, (product.runs(runs[#runs], runs[#runs].folder)))
  end
  if not ok then error(is_cut, 0) end
  if is_cut then return INTERRUPTED end
  return status_of(runs, statuses, not_run(runs, all, o, term))
end

return combinations
