--- terminal: lines for a person; colour and progress only where a terminal is. (Not "term": busted
--- brings a module of that name.)

local utf8 = require "utf8"

local terminal = {}

local Term = {}
Term.__index = Term

local CODES = { red = "31", green = "32", yellow = "33", blue = "34", magenta = "35", cyan = "36",
  bold = "1", dim = "2" }

local VERDICTS = { PASS = "green", FAIL = "red", ERROR = "magenta", SKIP = "yellow", XFAIL = "yellow",
  XPASS = "red", FLAKY = "yellow" }

local OPTIONS = { tty = true, env = true, write = true, width = true }

--- A terminal. Options: `tty` (is it one), `env(name)` (the environment; NO_COLOR with any text in
--- it and TERM=dumb are honoured), `write(text)`, `width` in columns (80), or a function that
--- tells it: a window may be made another size.
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
    is_live = is_live or false,
    has_colour = (is_live and (plain == nil or plain == "")) or false,
    has_status = false,
    is_held = false, -- a person types there
  }, Term)
end

--- `text` in a colour (red, green, yellow, blue, magenta, cyan, bold, dim), or as it is.
function Term:colour(name, text)
  local code = CODES[name]
  if not code then error("terminal: unknown colour " .. tostring(name), 2) end
  if not self.has_colour then return text end
  return ("\27[%sm%s\27[0m"):format(code, text)
end

--- A verdict (PASS, FAIL, ...) in its colour, padded to `columns`.
function Term:verdict(word, columns)
  local padded = word .. (" "):rep((columns or 0) - #word)
  return VERDICTS[word] and self:colour(VERDICTS[word], padded) or padded
end

--- Takes the status line away.
function Term:clear()
  if self.has_status then self.write("\r\27[K") end
  self.has_status = false
end

--- A line that stays.
function Term:line(text)
  self:clear()
  self.write((text or "") .. "\n")
end

local function columns(self)
  return type(self.width) == "function" and self.width() or self.width
end

--- A text that stays, behind `head`: on a terminal in lines of its width, broken between words.
function Term:paragraph(head, text)
  if not self.is_live then return self:line(head .. text) end
  local line, indent = head, (" "):rep(#head)
  for word in text:gmatch "%S+" do
    local is_first = line == head or line == indent
    if not is_first and #line + 1 + #word >= columns(self) then
      self:line(line)
      line, is_first = indent, true
    end
    line = is_first and line .. word or line .. " " .. word
  end
  self:line(line)
end

--- A line that the next one replaces; nothing where no terminal is. Cut to the width: a line that
--- wraps could not be taken back.
function Term:status(text)
  if not self.is_live or self.is_held then return end
  local flat = utf8.scrub(text):gsub("[%c]", " ")
  self.write("\r\27[K" .. utf8.cut(flat, columns(self) - 1))
  self.has_status = true
end

return terminal
