--- screen: the output of a run on a terminal or a pipe: cases, their events, their verdicts.

local consoles = require "case.consoles"
local encoding = require "base.encoding"
local engine = require "engine"
local eta = require "results.eta"
local live = require "report.live"
local machine_notices = require "report.machine_notices"
local mix = require "host.mix"
local paths = require "base.paths"
local ui = require "report.ui"
local verdicts = require "base.verdicts"

local screen = {}

local Screen = {}
Screen.__index = Screen

-- Program output must not control the terminal.
local harmless = encoding.harmless

--- The screen of a run. o: { verbose, quiet, out (folder for results), talk (repl.attach's, which opens a pause) };
--- `term`: the terminal, if others print on it too.
function screen.new(o, term)
  term = term or ui.terminal()
  local times = eta.new(o.out or paths.results())
  -- by item: began, has_consoles (printed with a cell); by text: is_printed
  return setmetatable({ o = o, term = term, times = times, running = live.new { term = term, eta = times },
    began = {}, has_consoles = {}, is_printed = {}, is_mixed = o.jobs ~= nil and o.jobs ~= 1 }, Screen)
end

local function label(item)
  local round = item.round and (" (%d of %s)"):format(item.round, item.rounds or "several") or ""
  return harmless(("%s/%s%s"):format(item.plan, item.name, round))
end

-- With cases side by side each line names its case.
local function of(self, item, text)
  text = harmless(tostring(text))
  return self.is_mixed and label(item) .. ": " .. text or text
end

-- "PASS  plan/name  1.0 s", "PASS  plan/name  1.0 s  (guest dpdk 22.11.11, host dpdk 24.11.8)"
local function verdict_line(self, c, name, more)
  local mixed = mix.words(c)
  self.term:line(("%s %s  %.1f s%s%s"):format(self.term:verdict(c.status, 5), name, c.seconds, more or "",
    mixed and harmless(("  (%s)"):format(mixed)) or ""))
end

-- The reason, and the last lines of the three consoles with the latest output. With -q a line of what went wrong.
local function explain(self, c, indent)
  if self.o.quiet then
    local line = verdicts.of(c.status).is_bad and tostring(c.reason or ""):match "[^\n]+"
    if line then self.term:line(indent .. harmless(line)) end
    return
  end
  for line in tostring(c.reason or ""):gmatch("[^\n]+") do self.term:line(indent .. harmless(line)) end
  for _, line in ipairs(consoles.text(c.consoles, 3, 3)) do self.term:line(indent .. harmless(line)) end
end

--- The i-th of n cases starts.
function Screen:start(item, i, n)
  self.began[item] = engine.now()
  if not self.o.quiet then self.running:add(item, i, n) end
  if not self.o.verbose then return end
  local seconds = self.times.seconds(item)
  self.term:line(("START %s%s"):format(label(item), seconds and ("  usually %.1f s"):format(seconds) or ""))
end

-- A pause without its prompt would never end: print the error and how to end it.
local function talk(self, socket)
  local ok, err = pcall(function() assert(self.o.talk(socket, { owner = true })) end)
  if not ok then self.term:line("      no prompt: " .. tostring(err) .. "; Ctrl-C ends the case") end
end

local EVENTS = {}

function EVENTS.folder(self, item, event) self.running:folder(item, event.dir) end

function EVENTS.phase(self, item, event)
  self.running:phase(item, event.name)
  if not self.o.verbose then return end
  self.term:line(("      %6.1f s  %s"):format(engine.now() - self.began[item], of(self, item, event.name)))
end

function EVENTS.check(self, item, event)
  local words = event.ok and "ok" or "NOT OK"
  if self.o.verbose then self.term:line(("               %s %s"):format(words, of(self, item, event.what))) end
end

-- A notice about the whole machine comes from each case of each run: print it once a day, or with -v once a run.
function EVENTS.notice(self, _, event)
  if self.is_printed[event.text] or self.o.quiet then return end
  self.is_printed[event.text] = true
  local is_known = event.is_machine and not machine_notices.is_new(event.text)
  if self.o.verbose or not is_known then self.term:paragraph("      note: ", harmless(event.text)) end
end

function EVENTS.cell(self, item, event)
  local c = event.cell
  if self.o.quiet then return end
  verdict_line(self, c, " " .. of(self, item, c.name))
  explain(self, c, "        ")
  self.has_consoles[item] = self.has_consoles[item] or #(c.consoles or {}) > 0
end

-- The paused case has the terminal until it continues.
function EVENTS.pause(self, item, event)
  self.term:clear()
  self.term.is_held = true
  if event.terminal and event.socket then
    engine.task(talk, self, event.socket)
  else
    self.term:line(("      %s waits up to %g s: `moonrig attach` joins it"):format(label(item), event.seconds))
  end
end

function EVENTS.resume(self) self.term.is_held = false end

function EVENTS.retry(self, item, event)
  verdict_line(self, event.case, label(item), (", try %d of %d"):format(event.try, event.of))
  explain(self, event.case, "      ")
  self.began[item] = engine.now()
end

function EVENTS.output(self, item, event)
  if not self.o.quiet then self.term:line("      | " .. of(self, item, event.text)) end
end

--- An event of a running case.
function Screen:event(item, event)
  local show = EVENTS[event.ev]
  if show then show(self, item, event) end
end

--- Removes a case without a verdict.
function Screen:drop(item) self.running:remove(item) end

--- The run was aborted: shows nothing more.
function Screen:leave() self.running:stop() end

--- A case has ended.
function Screen:finish(item, c)
  self.running:remove(item)
  verdict_line(self, c, label(item))
  local last_lines = not self.has_consoles[item] and c.consoles or nil
  explain(self, { status = c.status, reason = c.reason, consoles = last_lines }, "      ")
end

--- "2 passed, 0 failed in 1.0 s".
function screen.counts(run)
  return ("%s in %.1f s"):format(verdicts.count_words(verdicts.totals(run.cases)), run.seconds)
end

--- The run has ended.
function Screen:summary(run)
  self.running:stop()
  for _, notice in ipairs(self.o.quiet and {} or run.notices) do self.term:paragraph("note: ", notice) end
  self.term:line(screen.counts(run))
  self.term:line("results: " .. run.folder)
  if not self.term.is_live or self.o.quiet then return end
  for _, row in ipairs(require("results.case_history").slower(run)) do
    self.term:paragraph("note: ", ("%s took %.1f s, slower than usual: %s"):format(label(row), row.seconds,
      require("results.duration_stats").words(row.baseline)))
  end
end

return screen
