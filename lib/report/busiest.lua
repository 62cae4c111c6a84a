--- busiest: what the console of a case that has most to say said last, read off the transcripts in the case's folder:
--- the case itself does nothing for it.

local engine = require "engine"
local encoding = require "base.encoding"

local busiest = {}

-- So much of a transcript's end has its last line, or nobody reads that.
local TAIL = 1000
-- What was said at the look before counts so much.
local KEPT = 0.5

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

--- Follows the transcripts in a folder: a function that gives the busiest one's name and last line; nil where none has
--- said a word.
function busiest.of(dir)
  local seen = {}
  return function()
    local best
    for _, name in ipairs(engine.fs.list(dir) or {}) do
      local st = name:find "%.log$" and engine.fs.stat(dir .. "/" .. name)
      if st and st.size > 0 then
        local one = seen[name] or { name = name, size = 0, score = 0 }
        seen[name] = one
        one.score, one.size = one.score * KEPT + st.size - one.size, st.size
        if not best or one.score > best.score then best = one end
      end
    end
    local line = best and last_line(read_end(dir .. "/" .. best.name, best.size))
    if line then return best.name:gsub("%.log$", ""), line end
  end
end

return busiest
