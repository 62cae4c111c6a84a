--- terminal: lines for a person; colour and progress only where a terminal is. (Not "term": busted
--- brings a module of that name.)

local encoding = require "base.encoding"
local verdicts = require "base.verdicts"

local terminal = {}

local Term = {}
Term.__index = Term

local CODES = { red = "31", green = "32", yellow = "33", blue = "34", magenta = "35", cyan = "36",
  bold = "1", dim = "2" }

local OPTIONS = { tty = true, env = true, write = true, width = true, height = true }

--- A terminal. Options: `tty` (is it one), `env(name)` (the environment; NO_COLOR with any text and TERM=dumb are
--- respected), `write(text)`, `width` in columns (80) and `height` in rows (24), or functions that return them: a
--- window may be resized.
function terminal.new(options)
  for key in pairs(options) do
    if not OPTIONS[key] then error("terminal.new: unknown option " .. tostring(key), 2) end
  end
  local env = options.env or function() end
  local plain = env("NO_COLOR")
  local is_live = options.tty and env("TERM") ~= "dumb"
  return setmetatable({
    write = assert(options.write, "terminal.new: write is missing"),
    width = options.width or 80,
    height = options.height or 24,
    is_live = is_live or false,
    has_colour = (is_live and (plain == nil or plain == "")) or false,
    shown = nil, -- below what stays: { lines, widths, is_lasting }
    is_held = false, -- a person types there
    count = 0, -- of the lines that stay
  }, Term)
end

--- `text` in a colour (red, green, yellow, blue, magenta, cyan, bold, dim), or unchanged without colours.
function Term:colour(name, text)
  local code = CODES[name]
  if not code then error("terminal: unknown colour " .. tostring(name), 2) end
  if not self.has_colour then return text end
  return ("\27[%sm%s\27[0m"):format(code, text)
end

--- A verdict (PASS, FAIL, ...) in its colour, padded to `columns`.
function Term:verdict(word, columns)
  local padded = word .. (" "):rep((columns or 0) - #word)
  local verdict = verdicts.find(word)
  return verdict and self:colour(verdict.colour, padded) or padded
end

local function measure(value) return type(value) == "function" and value() or value end

local function columns(self) return measure(self.width) end

-- The text that erases the shown lines, from below them. In a window that became narrower, long lines take several
-- rows.
local function erasure(self)
  if not self.shown then return "" end
  local width, up = columns(self), 0
  for _, length in ipairs(self.shown.widths) do up = up + math.max(1, math.ceil(length / width)) end
  -- line by line: tmux keeps what is cleared of a whole screen at once
  return "\r\27[2K" .. ("\27[1A\27[2K"):rep(math.min(up, measure(self.height) - 1))
end

local function cut(self, line)
  return encoding.cut(encoding.narrow(encoding.plain(line)), columns(self) - 1)
end

--- The rows for a block: one is left for the lines that stay, one for the cursor.
function Term:rows() return math.max(1, measure(self.height) - 2) end

-- Lines of one row each, as many as fit. The cursor is below them: there the terminal writes ^C, and the shell its
-- prompt if we are killed.
local function drawing(self, lines, is_lasting)
  local out, widths = {}, {}
  for i = 1, math.min(#lines, self:rows()) do
    local text, colour = lines[i], nil
    if type(text) == "table" then text, colour = text[1], text.colour end
    text = cut(self, text)
    widths[i], out[i] = encoding.count(text), colour and self:colour(colour, text) or text
  end
  local text = table.concat(out, "\n") .. "\n"
  self.shown = { lines = lines, widths = widths, is_lasting = is_lasting, text = text, columns = columns(self) }
  return text
end

--- Removes the block.
function Term:clear()
  if self.shown then self.write(erasure(self)) end
  self.shown = nil
end

--- A line that stays, above the block.
function Term:line(text)
  local before, block = erasure(self), self.shown
  self.count = self.count + 1
  self.shown = nil
  local after = block and block.is_lasting and drawing(self, block.lines, true) or ""
  self.write(before .. (text or "") .. "\n" .. after)
end

--- A text behind `head`, as lines of at most `width` bytes, broken between words.
function terminal.wrapped(head, text, width)
  local out, line, indent = {}, head, (" "):rep(#head)
  for word in text:gmatch "%S+" do
    local is_first = line == head or line == indent
    if not is_first and #line + 1 + #word > width then
      out[#out + 1] = line
      line, is_first = indent, true
    end
    line = is_first and line .. word or line .. " " .. word
  end
  out[#out + 1] = line
  return out
end

--- A text that stays, behind `head`: on a terminal in lines of its width.
function Term:paragraph(head, text)
  local lines = self.is_live and terminal.wrapped(head, text, columns(self) - 1) or { head .. text }
  for _, line in ipairs(lines) do self:line(line) end
end

local function show(self, lines, is_lasting)
  if not self.is_live or self.is_held then return end
  local before, was = erasure(self), self.shown
  local text = drawing(self, lines, is_lasting)
  if was and was.text == text and was.columns == columns(self) then return end
  self.write(before .. text)
end

--- A line that the next one replaces; nothing without a terminal. Cut to the width: a line that wraps cannot be erased.
function Term:status(text) show(self, { text }, false) end

--- Lines (text, or { text, colour = }) below all others, until the next block or clear; none: clear.
function Term:block(lines)
  if #lines == 0 then return self:clear() end
  show(self, lines, true)
end

return terminal
