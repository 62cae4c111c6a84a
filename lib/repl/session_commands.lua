--- session_commands: the prompt's commands: `:consoles`, `:log testpmd 20`, `:continue`, ...

local ending = require "base.ending"
local engine = require "engine"
local suggest = require "base.suggest"

local session_commands = {}

-- { name, arguments, help, fn, is_order }, in the order of :help.
local LIST, BY_NAME = {}, {}

-- Declares fn(session, arguments), which may return "leave".
local function command(name, arguments, help, fn)
  local row = { name = name, arguments = arguments, help = help, fn = fn }
  LIST[#LIST + 1], BY_NAME[name] = row, row
end

-- Declares an order to the scenario. A pause takes some of them.
local function order(name, help)
  command(name, "", help, function(s)
    local done, why = s.rig.order(name)
    if not done then s:print(why) end
  end)
  BY_NAME[name].is_order = true
end

--- The names of the commands, an array.
function session_commands.names()
  local out = {}
  for i, row in ipairs(LIST) do out[i] = row.name end
  return out
end

--- The function of a command; nil without one of that name.
function session_commands.find(name) return BY_NAME[name] and BY_NAME[name].fn end

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

command("help", "", "this list; ?testpmd explains testpmd, ?t:vm a method and its options", function(s)
  local taken = {}
  for _, name in ipairs(s.rig.orders()) do taken[name] = true end
  for _, row in ipairs(LIST) do
    if not row.is_order or taken[row.name] then
      s:print(("  :%-20s %s"):format(row.name .. " " .. row.arguments, row.help))
    end
  end
end)

command("consoles", "", "the consoles, and the age of their last output", function(s)
  local list = s.rig.consoles()
  if #list == 0 then s:print "no console is open" end
  for _, console in ipairs(list) do
    local exit, last = console:exit(), console:last_output()
    s:print(("  %-20s %-12s %s%s"):format(console:name(), exit and "ended with " .. ending.words(exit) or "runs",
      last and ("last output %.1f s ago"):format(engine.now() - last) or "no output yet",
      s.quiet[console:name()] and ", quiet" or ""))
  end
end)

command("log", "NAME [LINES]", "the last lines of a console (20)", function(s, words)
  local name, count = words:match "^(%S+)%s*(%d*)$"
  if not name then return s:print "which console? usage: :log NAME [LINES]" end
  local console = console_of(s, name)
  if console then s:print(console:tail(tonumber(count) or 20)) end
end)

command("quiet", "[NAME]", "hides a console's output, or shows it again; without a name of all", function(s, words)
  if words == "" then
    s.is_quiet = not s.is_quiet
    return s:print(s.is_quiet and "all consoles are quiet" or "consoles are shown")
  end
  if not console_of(s, words) then return end
  s.quiet[words] = not s.quiet[words] or nil
  s:print(("%s is %s"):format(words, s.quiet[words] and "quiet" or "shown"))
end)

command("locals", "", "the paused scenario's locals", function(s)
  local scope = s.rig.scope()
  local names = scope and scope:names() or {}
  if #names == 0 then s:print "no locals: no scenario pauses here" end
  local pretty = require "repl.pretty"
  for _, name in ipairs(names) do
    local _, value = scope:get(name)
    s:print(("  %-16s %s"):format(name, pretty.line(value, math.max(20, s.width - 20))))
  end
end)

command("where", "", "where the scenario pauses, and why", function(s)
  for _, line in ipairs(s.rig.place()) do s:print(line) end
end)

command("checks", "", "the checks so far", function(s)
  local checks = s.rig.checks()
  if #checks == 0 then s:print "no check was made yet" end
  for _, check in ipairs(checks) do
    s:print(("  %s %s%s"):format(check.ok and "ok    " or "NOT OK", check.what, check.ok and "" or "  " .. check.where))
  end
end)

order("step", "runs the scenario to its next phase")
order("continue", "runs the scenario on")
order("reload", "reads the scenario's file again; an unchanged setup stays up")

command("save", "FILE", "writes the lines so far as a scenario", function(s, words)
  if words == "" then
    return s:print "which file? usage: :save mine/first (scripts/mine/first.lua), or a path with .lua"
  end
  s:print(require("repl.save").write(words, s.typed, s.globals))
end)

order("stop", "ends the case and everything it started")

command("leave", "", "ends this session, as Ctrl-D does; other sessions stay", function() return "leave" end)

return session_commands
