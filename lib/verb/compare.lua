--- compare: `moonrig compare`: the differences between runs.

local bundle = require "report.bundle"
local compare = require "results.compare"
local comparison = require "report.comparison"
local fail = require "base.fail"
local history_db = require "results.history_db"
local matrix = require "report.matrix"
local paths = require "base.paths"
local product = require "results.product"
local run_facts = require "results.run_facts"
local run_folder = require "results.run_folder"
local ui = require "report.ui"

-- A run by its folder or bundle; if there is none, from the history.
local function find(word, base)
  local ok, run = pcall(bundle.within, word, function(at) return (run_folder.find(at, "compare", base)) end)
  if ok then return run end
  if fail.code(run) ~= "USAGE" then error(run, 0) end
  local has_history, history = pcall(history_db.open, base)
  local known = has_history and history:run(word)
  if has_history then history:close() end
  return known or error(run, 0)
end

local function options(command)
  command:argument("runs", "Runs: a folder, a name below results/, or a bundle's file. One alone: and the latest. "
    .. "None: the latest with the other combinations of its command."):args "*"
  command:flag("--combinations", "With each run, those of the other combinations of --dpdk and --qemu of its command.")
  run_folder.add_base(command)
end

-- A run and the others of its product.
local function with_others(word, base)
  local run, folder = run_folder.find(word, "compare", base)
  local runs = product.runs(run, folder)
  if runs then return runs end
  fail.raise("USAGE", "compare", ("%s is not one of several combinations of --dpdk or --qemu: name two runs"):format(
    folder))
end

local function chosen(o, base, has_others)
  local words, out = o.runs, {}
  if #words == 0 then words = { product.latest(base) or "latest" } end
  if #words == 1 and not has_others then words = { words[1], "latest" } end
  for _, word in ipairs(words) do
    for _, run in ipairs(has_others and with_others(word, base) or { find(word, base) }) do out[#out + 1] = run end
  end
  return out
end

local function main(o)
  local base, term = o.out or (paths.results()), ui.terminal()
  local has_others = o.combinations or #o.runs == 0
  local runs = chosen(o, base, has_others)
  if has_others or #runs > 2 then
    matrix.compare(term, runs, has_others and run_facts.ALWAYS or {})
    return 0
  end
  term:line(("%s, then %s"):format(tostring(runs[1].id), tostring(runs[2].id)))
  comparison.show(compare.of(runs[1], runs[2]), term)
  return 0
end

return { order = 6, main = main, options = options,
  words = "Show the differences of two runs: verdicts, checks, phases, values, versions. Of more, a table: what "
    .. "differs between them, and the verdicts of each." }
