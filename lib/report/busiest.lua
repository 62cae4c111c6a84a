--- busiest: the last line of a case's most active console, read from its transcripts without help of the case.

local consoles = require "case.consoles"
local engine = require "engine"
local encoding = require "base.encoding"

local busiest = {}

-- Bytes at a transcript's end in which its last line is looked for.
local TAIL = 1000
-- The weight of earlier output against new output.
local DECAY = 0.5

local function read_end(path, size)
  local f = io.open(path, "rb")
  if not f then return "" end
  f:seek("set", math.max(0, size - TAIL))
  local text = f:read(TAIL) or ""
  f:close()
  return text
end

local function last_line(text)
  local last
  for line in encoding.plain(text):gmatch "[^\r\n]+" do
    if line:find "[^%s%c]" then last = line end
  end
  return last and encoding.narrow(last):gsub("%s+", " "):gsub("^ ", "")
end

--- Follows the transcripts in a folder: returns a function that gives the busiest console's name and last line, or nil
--- while all are empty.
function busiest.of(dir)
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
    local line = best and last_line(read_end(dir .. "/" .. best.name, best.size))
    if line then return best.name:gsub("%.log$", ""), line end
  end
end

return busiest
