--- timeline: `moonrig timeline`: all lines and events of a run on one clock, coloured by console.

local engine = require "engine"
local fail = require "base.fail"
local suggest = require "base.suggest"
local bundle = require "report.bundle"
local run_folder = require "results.run_folder"
local sorted_keys = require("base.show").sorted_keys
local terminal = require "base.terminal"
local timeline = require "results.timeline"

-- Seconds around a check: its cause is before it.
local BEFORE, AFTER = 2, 0.5

local COLOURS = { "cyan", "yellow", "green", "magenta", "blue" }

-- Raised where stdout takes no more: the process's exit reports why (engine/main.c).
local CLOSED = {}

local function expect(ok)
  if not ok then error(CLOSED, 0) end
end

-- Buffered: each line would be a system call.
local function new_terminal()
  io.stdout:setvbuf("full", 65536)
  return terminal.new { tty = engine.sys.isatty(1), env = os.getenv, write = function(text)
    expect(io.stdout:write(text))
  end }
end

-- The first failed check whose words hold the text; else the first such check.
local function check_of(folder, cases, text)
  local names, found = {}, nil
  for i, e in ipairs(timeline.checks(folder, cases)) do
    names[i] = tostring(e.what)
    if names[i]:find(text, 1, true) then
      if not e.ok then return e end
      found = found or e
    end
  end
  if found then return found end
  fail.raise("NOTHING", "timeline", ("no check of %s holds %q%s"):format(folder, text, suggest.hint(text, names)))
end

-- A function: is an entry selected?
local function filter(o, folder, cases)
  local from, to, case = -math.huge, math.huge, nil
  if o.around then
    local check = check_of(folder, cases, o.around)
    from, to, case = check.t - BEFORE, check.t + AFTER, check.case
  end
  return function(entry)
    if o.console and entry.lane ~= o.console then return false end
    return entry.t >= from and entry.t <= to and (not case or entry.case == case)
  end
end

local STYLES = { ok = "green", command = "bold", phase = "bold" }

local function styled(term, entry)
  if entry.kind == "bad" then return term:colour("bold", term:colour("red", entry.text)) end
  if entry.kind == "output" then return entry.text end
  return term:colour(STYLES[entry.kind] or "dim", entry.text)
end

-- A function that shows an entry, with its case if there are several.
local function shower(term, has_several)
  local colours, count = {}, 0
  return function(entry)
    if not colours[entry.lane] then
      count = count + 1
      colours[entry.lane] = COLOURS[(count - 1) % #COLOURS + 1]
    end
    local case = has_several and entry.case .. "  " or ""
    term:line(("%10.4f  %s%s  %s"):format(entry.t, case, term:colour(colours[entry.lane], ("%-12s"):format(entry.lane)),
      styled(term, entry)))
  end
end

local function show(o, term, word)
  local run_of, folder = run_folder.find(word, "timeline")
  local cases = run_folder.cases(run_of, o.pattern, folder, "timeline")
  local is_wanted, put, lanes, shown = filter(o, folder, cases), shower(term, #cases > 1), {}, 0
  timeline.read(folder, cases, function(entry)
    lanes[entry.lane] = true
    if not is_wanted(entry) then return end
    shown = shown + 1
    put(entry)
  end)
  if shown > 0 then return end
  local names = sorted_keys(lanes)
  if o.console and not lanes[o.console] then
    fail.raise("NOTHING", "timeline", ("%s has no console %s%s; it has: %s"):format(folder, o.console,
      suggest.hint(o.console, names), table.concat(names, ", ")))
  end
  fail.raise("NOTHING", "timeline", "no line or event matches")
end

local function options(command)
  command:argument("run", "As for replay."):args "?"
  command:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
  command:option("--around", "Only the time around the check whose words hold this text, a failed one first.")
    :argname "<check>"
  command:option("--console", "Only this console: testpmd, serial, checks."):argname "<name>"
end

local function main(o)
  local term = new_terminal()
  local ok, err = pcall(function()
    bundle.within(o.run, function(word) show(o, term, word) end)
    expect(io.stdout:flush())
  end)
  if not ok and err ~= CLOSED then error(err, 0) end
  return 0
end

return { order = 9, main = main, options = options,
  words = "Print the lines of all consoles and all events of a run, merged on one clock." }
