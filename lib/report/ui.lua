--- ui: what a run shows on the terminal, or on a pipe.

local consoles = require "case.consoles"
local engine = require "engine"
local live = require "report.live"
local paths = require "base.paths"
local report = require "report.report"
local terminal = require "base.terminal"
local eta = require "results.eta"
local encoding = require "base.encoding"

local ui = {}

--- Writes to stdout, at once.
function ui.write(text)
  io.stdout:write(text)
  io.stdout:flush()
end

local function new_terminal()
  local term
  local function write(text)
    -- above the line that a person types there
    if term.is_held then return engine.print_above(text) end
    ui.write(text)
  end
  term = terminal.new { tty = engine.sys.isatty(1), env = os.getenv, write = write,
    width = function() return engine.terminal_size() or tonumber(os.getenv "COLUMNS") or 80 end,
    height = function() return select(2, engine.terminal_size()) or 24 end }
  return term
end

--- A terminal on stdout.
ui.terminal = new_terminal

-- What a case says is no terminal's business.
local harmless = encoding.harmless

--- The screen of a run. o: { verbose, quiet, out (where results go), talk (repl.attach's: a pause is opened by it) };
--- `term`: where more than the run is shown, its terminal.
function ui.new(o, term)
  term = term or new_terminal()
  local screen, began, said, is_told = {}, {}, {}, {}
  local is_mixed = o.jobs ~= nil and o.jobs ~= 1
  local times = eta.new(o.out or paths.results())
  local running = live.new { term = term, usual = times }

  -- the reason, and what the consoles said last: the three that spoke latest
  local function explain(c, indent)
    if o.quiet then return end
    for line in tostring(c.reason or ""):gmatch("[^\n]+") do term:line(indent .. harmless(line)) end
    for _, line in ipairs(consoles.text(c.consoles, 3, 3)) do term:line(indent .. harmless(line)) end
  end

  local function label(item)
    local round = item.round and (" (%d of %s)"):format(item.round, item.rounds or "several") or ""
    return harmless(("%s/%s%s"):format(item.plan, item.name, round))
  end

  -- cases side by side: each line says whose it is
  local function of(item, text)
    text = harmless(tostring(text))
    return is_mixed and label(item) .. ": " .. text or text
  end

  function screen.start(item, i, n)
    began[item] = engine.now()
    if not o.quiet then running:add(item, i, n) end
    if not o.verbose then return end
    local seconds = times.seconds(item)
    term:line(("START %s%s"):format(label(item), seconds and ("  usually %.1f s"):format(seconds) or ""))
  end

  -- without its prompt a pause would be one for ever
  local function talk(socket)
    local ok, err = pcall(function() assert(o.talk(socket, { owner = true })) end)
    if not ok then term:line("      no prompt: " .. tostring(err) .. "; Ctrl-C ends the case") end
  end

  local shown = {
    folder = function(item, event) running:folder(item, event.dir) end,
    phase = function(item, event)
      running:phase(item, event.name)
      if o.verbose then term:line(("      %6.1f s  %s"):format(engine.now() - began[item], of(item, event.name))) end
    end,
    check = function(item, event)
      local words = event.ok and "ok" or "NOT OK"
      if o.verbose then term:line(("               %s %s"):format(words, of(item, event.what))) end
    end,
    notice = function(_, event)
      -- what holds for the whole machine is said once a run
      if not o.quiet and not said[event.text] then term:paragraph("      note: ", harmless(event.text)) end
      said[event.text] = true
    end,
    cell = function(item, event)
      local c = event.cell
      if o.quiet then return end
      term:line(("  %s %s  %.1f s"):format(term:verdict(c.status, 5), of(item, c.name), c.seconds))
      explain(c, "        ")
      is_told[item] = is_told[item] or #(c.consoles or {}) > 0
    end,
    -- the run's terminal becomes the case's, until that goes on
    pause = function(item, event)
      term:clear()
      term.is_held = true
      if event.terminal and event.socket then
        engine.task(talk, event.socket)
      else
        term:line(("      %s waits up to %g s: `moonrig attach` joins it"):format(label(item), event.seconds))
      end
    end,
    resume = function() term.is_held = false end,
    -- before its next try
    retry = function(item, event)
      local c = event.case
      term:line(("%s %s  %.1f s, try %d of %d"):format(term:verdict(c.status, 5), label(item), c.seconds, event.try,
        event.of))
      explain(c, "      ")
      began[item] = engine.now()
    end,
    output = function(item, event)
      if not o.quiet then term:line("      | " .. of(item, event.text)) end
    end,
  }

  function screen.event(item, event)
    local show = shown[event.ev]
    if show then show(item, event) end
  end

  --- It is over, and has no verdict.
  function screen.drop(item) running:remove(item) end

  --- Nothing more is shown: the run broke off.
  function screen.leave() running:stop() end

  function screen.finish(item, c)
    running:remove(item)
    term:line(("%s %s  %.1f s"):format(term:verdict(c.status, 5), label(item), c.seconds))
    -- a cell's consoles are not told again as the whole case's
    explain({ reason = c.reason, consoles = not is_told[item] and c.consoles or nil }, "      ")
  end

  function screen.summary(run)
    running:stop()
    local lines = report.summary(run, { colour = term.has_colour })
    for _, notice in ipairs(o.quiet and {} or run.notices) do term:paragraph("note: ", notice) end
    -- the cases' own lines stand above already
    term:line(lines[#lines])
    term:line("results: " .. run.folder)
    if not term.is_live or o.quiet then return end
    for _, row in ipairs(require("results.history_db").slower(run)) do
      term:paragraph("note: ", ("%s took %.1f s, slower than usual: %s"):format(label(row), row.seconds,
        require("results.duration_stats").words(row.usual)))
    end
  end

  return screen
end

return ui
