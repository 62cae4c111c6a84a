--- session_commands: what a line that begins with a colon does: `:consoles`, `:log testpmd 20`, `:continue`, ...

local ending = require "base.ending"
local engine = require "engine"
local suggest = require "base.suggest"

local commands = {}

-- What there is, in the order in which :help tells it.
local HELP = {
  { "help", "", "this list; ?testpmd tells of testpmd, ?t:vm of a method and its options" },
  { "consoles", "", "the consoles: what runs, and when it last said something" },
  { "log", "NAME [LINES]", "the last lines of a console (20)" },
  { "quiet", "[NAME]", "what it says is shown no more, or shown again; all without a name" },
  { "locals", "", "the scenario's locals where it stands" },
  { "where", "", "where the scenario stands, and why" },
  { "checks", "", "the checks so far" },
  { "step", "", "the scenario goes on to its next phase" },
  { "continue", "", "the scenario goes on" },
  { "reload", "", "the scenario's file is read again, to begin anew; a setup that is as it was stays up" },
  { "save", "FILE", "what was typed, as a scenario that runs" },
  { "stop", "", "ends the case, and all with it" },
  { "leave", "", "ends this session; a case that others hold goes on (Ctrl-D does the same)" },
}

--- The names of the commands, an array.
function commands.names()
  local out = {}
  for i, row in ipairs(HELP) do out[i] = row[1] end
  return out
end

-- Orders to a scenario: each is obeyed at some pauses only.
local ORDERS = { step = true, continue = true, reload = true, stop = true }

function commands.help(s)
  local obeyed = {}
  for _, name in ipairs(s.rig.orders()) do obeyed[name] = true end
  for _, row in ipairs(HELP) do
    if not ORDERS[row[1]] or obeyed[row[1]] then s:say(("  :%-20s %s"):format(row[1] .. " " .. row[2], row[3])) end
  end
end

local function state_of(console)
  local exit = console:exit()
  return exit and "ended with " .. ending.words(exit) or "runs"
end

local function names_of(s)
  local out = {}
  for i, console in ipairs(s.rig.consoles()) do out[i] = console:name() end
  return out
end

function commands.consoles(s)
  local list = s.rig.consoles()
  if #list == 0 then s:say "no console is open" end
  for _, console in ipairs(list) do
    local at = console:last_output()
    s:say(("  %-20s %-12s %s%s"):format(console:name(), state_of(console),
      at and ("last output %.1f s ago"):format(engine.now() - at) or "no output yet",
      s.quiet[console:name()] and ", quiet" or ""))
  end
end

-- The console of that name; says so where there is none.
local function console_of(s, name)
  for _, console in ipairs(s.rig.consoles()) do
    if console:name() == name then return console end
  end
  local names = names_of(s)
  s:say(("there is no console %q%s; there are: %s"):format(name, suggest.hint(name, names),
    #names > 0 and table.concat(names, ", ") or "none"))
end

function commands.log(s, words)
  local name, count = words:match "^(%S+)%s*(%d*)$"
  if not name then return s:say "which console? :log NAME [LINES]" end
  local console = console_of(s, name)
  if console then s:say(console:tail(tonumber(count) or 20)) end
end

function commands.quiet(s, words)
  if words == "" then
    s.is_quiet = not s.is_quiet
    return s:say(s.is_quiet and "all consoles are quiet" or "consoles are shown")
  end
  if not console_of(s, words) then return end
  s.quiet[words] = not s.quiet[words] or nil
  s:say(("%s is %s"):format(words, s.quiet[words] and "quiet" or "shown"))
end

function commands.locals(s)
  local scope = s.rig.scope()
  local names = scope and scope:names() or {}
  if #names == 0 then s:say "there are none: no scenario stands here" end
  local pretty = require "repl.pretty"
  for _, name in ipairs(names) do
    local _, value = scope:get(name)
    s:say(("  %-16s %s"):format(name, pretty.line(value, math.max(20, s.width - 20))))
  end
end

function commands.where(s)
  for _, line in ipairs(s.rig.place()) do s:say(line) end
end

function commands.checks(s)
  local checks = s.rig.checks()
  if #checks == 0 then s:say "no check was made yet" end
  for _, check in ipairs(checks) do
    s:say(("  %s %s%s"):format(check.ok and "ok    " or "NOT OK", check.what, check.ok and "" or "  " .. check.where))
  end
end

-- The rig's answer to an order; nothing is said where it obeys.
local function order(name)
  return function(s)
    local done, why = s.rig.order(name)
    if not done then s:say(why) end
  end
end

commands.step, commands.continue, commands.reload, commands.stop = order "step", order "continue", order "reload",
  order "stop"

function commands.save(s, words)
  if words == "" then
    return s:say "to which file? :save mine/first (scripts/mine/first.lua), or a path that ends in .lua"
  end
  s:say(require("repl.save").write(words, s.typed, s.globals))
end

function commands.leave()
  return "leave"
end

return commands
