--- live: the cases that run just now, on a terminal: a line each with its time, its usual time and its phase, and below
--- it what its busiest console said last. On a pipe, a line for each where nothing was said for long.

local busiest = require "report.busiest"
local engine = require "engine"

local live = {}

local Live = {}
Live.__index = Live

-- Often enough for a clock of seconds; and a sign of life, for those who end what says nothing.
local DRAW_SECONDS, SILENT_SECONDS = 0.2, 60

--- { term (lib/base/terminal.lua's), usual (seconds(case), as lib/results/eta.lua's: asked often), now (a clock; the
--- engine's) }.
function live.new(o)
  return setmetatable({ term = o.term, usual = o.usual, now = o.now or engine.now, running = {}, turn = 0 }, Live)
end

local function place_of(self, item)
  for i, entry in ipairs(self.running) do
    if entry.item == item then return i, entry end
  end
end

local function times(self, entry)
  -- asked here: a run that shows none of this must not take longer for it
  local seconds = self.usual and self.usual.seconds(entry.item)
  local usual = seconds and (", usually %.0f s"):format(seconds) or ""
  return ("%.0f s%s"):format(self.now() - entry.since, usual)
end

local function line_of(self, entry)
  return ("[%d/%d] %s/%s  %s%s"):format(entry.number, entry.of, entry.item.plan, entry.item.name, times(self, entry),
    entry.phase and ": " .. entry.phase or "")
end

local function console_line(entry)
  if not entry.console then return nil end
  local name, text = entry.console()
  return name and { ("      %s: %s"):format(name, text), colour = "dim" }
end

--- What is shown in so many rows: cases come before what their consoles say.
function Live:lines(rows)
  local out, shown = {}, math.min(#self.running, rows)
  if shown < #self.running then shown = math.max(0, rows - 1) end
  local free = rows - #self.running
  for i = 1, shown do
    out[#out + 1] = line_of(self, self.running[i])
    local console = free > 0 and console_line(self.running[i])
    if console then out[#out + 1], free = console, free - 1 end
  end
  local left = #self.running - shown
  if left > 0 and rows > 0 then out[#out + 1] = ("and %d more"):format(left) end
  return out
end

--- Shows it as it is now.
function Live:draw()
  if self.term.is_live then self.term:block(self:lines(self.term:rows())) end
end

--- Tells of each, where nothing was said since `count` lines (term.count) had been.
function Live:break_silence(count)
  if self.term.count ~= count then return end
  for _, entry in ipairs(self.running) do
    self.term:line(("      runs: %s"):format(line_of(self, entry)))
  end
end

-- Until the last one is over. Ctrl-C ends all waits, and the cases go on to their ends.
local function follow(self)
  local turn = self.turn
  while self.turn == turn do
    local count = self.term.count
    local ok = engine.elapse(self.term.is_live and DRAW_SECONDS or SILENT_SECONDS)
    if self.turn ~= turn then return end
    if not ok then engine.clear_cancel() end
    if self.term.is_live then self:draw() elseif ok then self:break_silence(count) end
  end
end

--- One that begins: the `number`th `of` so many.
function Live:add(item, number, of)
  self.running[#self.running + 1] = { item = item, number = number, of = of, since = self.now() }
  if #self.running == 1 then self.task = engine.task(follow, self) end
  self:draw()
end

--- Its folder, where its transcripts are.
function Live:folder(item, dir)
  local _, entry = place_of(self, item)
  if entry and self.term.is_live then entry.console = busiest.of(dir) end
end

--- Its phase from here on.
function Live:phase(item, name)
  local _, entry = place_of(self, item)
  if entry then entry.phase = name end
end

--- One that is over; before its verdict is told.
function Live:remove(item)
  local place = place_of(self, item)
  if place then table.remove(self.running, place) end
  if #self.running == 0 then self:stop() else self:draw() end
end

--- Nothing is shown any more.
function Live:stop()
  self.running, self.turn = {}, self.turn + 1
  if self.task then self.task:cancel() end
  self.task = nil
  self.term:clear()
end

return live
