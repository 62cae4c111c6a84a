--- live: the running cases on a terminal. Each has a line with its time, its expected time and its phase; below is the
--- last line of its busiest console. On a pipe, a line for each after a long silence.

local consoles = require "case.consoles"
local encoding = require "base.encoding"
local engine = require "engine"
local paths = require "base.paths"

local live = {}

local Live = {}
Live.__index = Live

-- Redraw often enough for a clock of seconds. CI systems kill jobs that print nothing for long.
local DRAW_SECONDS, SILENT_SECONDS = 0.2, 60

--- { term (lib/base/terminal.lua's), eta (lib/results/eta.lua's), now (a clock; default: the engine's) }.
function live.new(o)
  return setmetatable({ term = o.term, eta = o.eta, now = o.now or engine.now, running = {}, turn = 0 }, Live)
end

-- Bytes at a transcript's end in which its last line is looked for.
local TAIL = 1000
-- The weight of earlier output against new output.
local DECAY = 0.5

local function last_line(text)
  local last
  for line in encoding.plain(text):gmatch "[^\r\n]+" do
    if line:find "[^%s%c]" then last = line end
  end
  return last and encoding.narrow(last):gsub("%s+", " "):gsub("^ ", "")
end

-- Follows the transcripts in a folder: returns a function that gives the busiest console's name and last line, or nil
-- while all are empty.
local function follow_busiest(dir)
  local seen = {}
  return function()
    local best
    for _, name in ipairs(consoles.transcripts(dir)) do
      local st = engine.fs.stat(dir .. "/" .. name)
      if st and st.size > 0 then
        local one = seen[name] or { name = name, size = 0, score = 0 }
        seen[name] = one
        one.score, one.size = one.score * DECAY + st.size - one.size, st.size
        if not best or one.score > best.score then best = one end
      end
    end
    local line = best and last_line(paths.read_part(dir .. "/" .. best.name, TAIL) or "")
    if line then return best.name:gsub("%.log$", ""), line end
  end
end

local function place_of(self, item)
  for i, entry in ipairs(self.running) do
    if entry.item == item then return i, entry end
  end
end

local function times(self, entry)
  -- looked up only when it is shown: the history is slow to open
  local seconds = self.eta and self.eta.seconds(entry.item)
  return ("%.0f s%s"):format(self.now() - entry.since, seconds and (", usually %.0f s"):format(seconds) or "")
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

--- The lines for `rows` rows. Cases have priority over their consoles.
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

function Live:draw()
  if self.term.is_live then self.term:block(self:lines(self.term:rows())) end
end

--- Prints a line for each case if the terminal still has `count` lines (term.count).
function Live:break_silence(count)
  if self.term.count ~= count then return end
  for _, entry in ipairs(self.running) do
    self.term:line(("      runs: %s"):format(line_of(self, entry)))
  end
end

-- Until the last case ends. Ctrl-C cancels this wait, but the cases still have to clean up.
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

--- Adds case `number` of `of`.
function Live:add(item, number, of)
  self.running[#self.running + 1] = { item = item, number = number, of = of, since = self.now() }
  if #self.running == 1 then self.task = engine.task(follow, self) end
  self:draw()
end

--- Sets the folder with the case's transcripts.
function Live:folder(item, dir)
  local _, entry = place_of(self, item)
  if entry and self.term.is_live then entry.console = follow_busiest(dir) end
end

function Live:phase(item, name)
  local _, entry = place_of(self, item)
  if entry then entry.phase = name end
end

--- Removes a case, before its verdict is printed.
function Live:remove(item)
  local place = place_of(self, item)
  if place then table.remove(self.running, place) end
  if #self.running == 0 then self:stop() else self:draw() end
end

--- Shows nothing from now on.
function Live:stop()
  self.running, self.turn = {}, self.turn + 1
  if self.task then self.task:cancel() end
  self.task = nil
  self.term:clear()
end

return live
