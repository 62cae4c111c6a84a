--- repl: `moonrig repl`: a Lua prompt, alone or after a scenario's setup.

local choices = require "run.choices"
local fail = require "base.fail"
local repl = require "repl.repl"
local selection = require "run.selection"
local under_test = require "host.under_test"

local function options(command)
  command:argument("what", "A scenario: run its setup, and stop before its first step."):args "?"
  command:flag("--cold", "As for run.")
  choices.add(command, true)
end

-- Runs a scenario's setup, with a prompt before its first step.
local function at_setup(o)
  local items = selection.items { what = { o.what }, verb = "repl" }
  if #items ~= 1 then fail.raise("USAGE", "repl", ("%s is %d cases: give exactly one"):format(o.what, #items)) end
  local talk = require("repl.attach").talk
  local given = { cold = o.cold, under_test = o.under_test, attach = { terminal = true, stop = true } }
  local run, exit_status = require("run.runner").run(items, given,
    require("report.screen").new { verbose = true, talk = talk })
  print("results: " .. run.folder)
  return exit_status
end

local function main(o)
  o.under_test = choices.of(o)[1]
  under_test.choose(o.under_test)
  return o.what and at_setup(o) or repl.main()
end

return { order = 15, sweeps = true, main = main, options = options,
  words = "Open a Lua prompt with the primitives and lib/ loaded; with a scenario, after its setup." }
