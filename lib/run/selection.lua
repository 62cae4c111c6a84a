--- selection: the options by which verbs select cases and run them, and the selected cases.

local discover = require "run.discover"
local fail = require "base.fail"
local numbers = require "base.numbers"

local selection = {}

--- Which cases.
function selection.add(command)
  command:argument("what", "A file, a folder, a plan's or a case's name, NAME[ROW], NAME:CELL."):args "*"
  command:option("-k", "Only cases whose PLAN/NAME[ROW] holds this text; NAME:TEXT runs only cells with TEXT.")
    :target "pattern":argname "<text>"
  command:option("-t", "Only cases with this tag; may be given several times."):target "tags":argname "<tag>":count "*"
  command:option("-T", "Only cases without this tag."):target "without":argname "<tag>":count "*"
end

--- How they run, and how much is shown.
function selection.add_manner(command)
  command:option("--timeout", "Seconds for each case, in place of its own."):argname "<s>"
    :convert(numbers.seconds "--timeout")
  command:option("-o", "Folder for results (default: results/)."):target "out":argname "<dir>"
  command:flag("--cold", "Boot each guest, without a snapshot.")
  command:flag("-v", "Show phases, checks and notices as they happen."):target "verbose"
  command:flag("-q", "Show verdicts, a line of each failure, and the results' folder only."):target "quiet"
end

--- Raises an error of discover.scenarios in the name of `verb`: NOTHING, or a usage error.
function selection.refuse(err, verb)
  fail.raise(err.code == "NOTHING" and "NOTHING" or "USAGE", verb, err.what)
end

--- The cases that `o` selects; raises without any. `every`: as in discover.scenarios.
function selection.items(o, every)
  local items, err = discover.scenarios(o.what, o, every)
  if not items then selection.refuse(err, o.verb) end
  return o.last_failed and require("results.last_failed").select(items, o.out) or items
end

return selection
