--- compare: `moonrig compare`: the differences between two runs.

local bundle = require "report.bundle"
local compare = require "results.compare"
local comparison = require "report.comparison"
local fail = require "base.fail"
local history_db = require "results.history_db"
local paths = require "base.paths"
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
  command:argument("before", "A run's folder, its name below results/, or a bundle's file.")
  command:argument("after", "Another (default: latest)."):args "?"
  run_folder.add_base(command)
end

local function main(o)
  local base, term = o.out or (paths.results()), ui.terminal()
  local was, is = find(o.before, base), find(o.after or "latest", base)
  term:line(("%s, then %s"):format(tostring(was.id), tostring(is.id)))
  comparison.show(compare.of(was, is), term)
  return 0
end

return { order = 6, main = main, options = options,
  words = "Show the differences between two runs: verdicts, checks, phases, values, versions." }
