--- session_commands: the prompt's commands: `:consoles`, `:log testpmd 20`, `:continue`, ...

local ending = require "base.ending"
local engine = require "engine"
local suggest = require "base.suggest"

local commands = {}

-- In the order of :help.
local HELP = {
  { "help", "", "this list; ?testpmd explains testpmd, ?t:vm a method and its options" },
  { "consoles", "", "the consoles, and the age of their last output" },
  { "log", "NAME [LINES]", "the last lines of a console (20)" },
  { "quiet", "[NAME]", "hides a console's output, or shows it again; without a name of all" },
  { "locals", "", "the paused scenario's locals" },
  { "where", "", "where the scenario pauses, and why" },
  { "checks", "", "the checks so far" },
  { "step", "", "runs the scenario to its next phase" },
  { "continue", "", "runs the scenario on" },
  { "reload", "", "reads the scenario's file again; an unchanged setup stays up" },
  { "save", "FILE", "writes the lines so far as a scenario" },
  { "stop", "", "ends the case and everything it started" },
  { "leave", "", "ends this session, as Ctrl-D does; other sessions stay" },
}

--- The names of the commands, an array.
function commands.names()
  local out = {}
  for i, row in ipairs(HELP) do out[i] = row[1] end
  return out
end

-- Orders to the scenario. A pause takes some of them.
local ORDERS = { step = true, continue = true, reload = true, stop = true }

function commands.help(s)
  local taken = {}
  for _, name in ipairs(s.rig.orders()) do taken[name] = true end
  for _, row in ipairs(HELP) do
    if not ORDERS[row[1]] or taken[row[1]] then s:print(("  :%-20s %s"):format(row[1] .. " " .. row[2], row[3])) end
  end
end

local function status_of(console)
  local exit = console:exit()
  return exit and "ended with " .. ending.words(exit) or "runs"
end

function commands.consoles(s)
  local list = s.rig.consoles()
  if #list == 0 then s:print "no console is open" end
  for _, console in ipairs(list) do
    local last = console:heard()
    s:print(("  %-20s %-12s %s%s"):format(console:name(), status_of(console),
      last and ("last output %.1f s ago"):format(engine.now() - last) or "no output yet",
      s.quiet[console:name()] and ", quiet" or ""))
  end
end

-- The console of that name; prints an error without one.
local function console_of(s, name)
  local names = {}
  for i, console in ipairs(s.rig.consoles()) do
    if console:name() == name then return console end
    names[i] = console:name()
  end
  s:print(("no console %q%s; open: %s"):format(name, suggest.hint(name, names),
    #names > 0 and table.concat(names, ", ") or "none"))
end

function commands.log(s, words)
  local name, count = words:match "^(%S+)%s*(%d*)$"
  if not name then return s:print "which console? usage: :log NAME [LINES]" end
  local console = console_of(s, name)
  if console then s:print(console:tail(tonumber(count) or 20)) end
end

function commands.quiet(s, words)
  if words == "" then
    s.is_quiet = not s.is_quiet
    return s:print(s.is_quiet and "all consoles are quiet" or "consoles are shown")
  end
  if not console_of(s, words) then return end
  s.quiet[words] = not s.quiet[words] or nil
  s:print(("%s is %s"):format(words, s.quiet[words] and "quiet" or "shown"))
end

function commands.locals(s)
  local scope = s.rig.scope()
  local names = scope and scope:names() or {}
  if #names == 0 then s:print "no locals: no scenario pauses here" end
  local pretty = require "repl.pretty"
  for _, name in ipairs(names) do
    local _, value = scope:get(name)
    s:print(("  %-16s %s"):format(name, pretty.line(value, math.max(20, s.width - 20))))
  end
end

function commands.where(s)
  for _, line in ipairs(s.rig.place()) do s:print(line) end
end

function commands.checks(s)
  local checks = s.rig.checks()
  if #checks == 0 then s:print "no check was made yet" end
  for _, check in ipairs(checks) do
    s:print(("  %s %s%s"):format(check.ok and "ok    " or "NOT OK", check.what, check.ok and "" or "  " .. check.where))
  end
end

-- Gives the rig an order; prints its error.
local function order(name)
  return function(s)
    local done, why = s.rig.order(name)
    if not done then s:print(why) end
  end
end

commands.step, commands.continue, commands.reload, commands.stop = order "step", order "continue", order "reload",
  order "stop"

function commands.save(s, words)
  if words == "" then
    return s:print "which file? usage: :save mine/first (scripts/mine/first.lua), or a path with .lua"
  end
  s:print(require("repl.save").write(words, s.typed, s.globals))
end

function commands.leave() return "leave" end

return commands
