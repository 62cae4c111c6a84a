--- ui: what a run shows on the terminal, or on a pipe.

local engine = require "engine"
local report = require "report"
local terminal = require "terminal"

local ui = {}

local function new_terminal()
  return terminal.new { tty = engine.sys.isatty(1), env = os.getenv,
    write = function(text) io.stdout:write(text); io.stdout:flush() end,
    width = tonumber(os.getenv "COLUMNS") }
end

--- A terminal on stdout.
ui.terminal = new_terminal

--- The screen of a run. o: { verbose, quiet }.
function ui.new(o)
  local term = new_terminal()
  local screen, since, said = {}, 0, {}

  local function label(item) return item.plan .. "/" .. item.name end

  function screen.start(item, i, n)
    since = engine.now()
    if not o.quiet then term:status(("[%d/%d] %s"):format(i, n, label(item))) end
  end

  local shown = {
    phase = function(item, event)
      term:status(("%s: %s (%.0f s)"):format(label(item), event.name, engine.now() - since))
      if o.verbose then term:line(("      %6.1f s  %s"):format(engine.now() - since, event.name)) end
    end,
    check = function(_, event)
      if o.verbose then term:line(("               %s %s"):format(event.ok and "ok" or "NOT OK", event.what)) end
    end,
    notice = function(_, event)
      -- what holds for the whole machine is said once a run
      if not o.quiet and not said[event.text] then term:line("      note: " .. event.text) end
      said[event.text] = true
    end,
    cell = function(_, event)
      local c = event.cell
      if o.quiet then return end
      term:line(("  %s %s  %.1f s"):format(term:verdict(c.status, 5), c.name, c.seconds))
      for line in tostring(c.reason or ""):gmatch("[^\n]+") do term:line("        " .. line) end
    end,
    output = function(_, event)
      if not o.quiet then term:line("      | " .. event.text) end
    end,
  }

  function screen.event(item, event)
    local show = shown[event.ev]
    if show then show(item, event) end
  end

  function screen.finish(item, c)
    term:line(("%s %s  %.1f s"):format(term:verdict(c.status, 5), label(item), c.seconds))
    if c.reason and not o.quiet then
      for line in tostring(c.reason):gmatch("[^\n]+") do term:line("      " .. line) end
    end
  end

  function screen.summary(run)
    term:clear()
    local lines = report.summary(run, { colour = term.has_colour })
    for _, notice in ipairs(o.quiet and {} or run.notices) do term:line("note: " .. notice) end
    -- the cases' own lines stand above already
    term:line(lines[#lines])
    if not o.quiet then term:line("results: " .. run.folder) end
  end

  return screen
end

return ui
