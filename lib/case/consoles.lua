--- consoles: the last lines of a case's consoles and their times, for the report of a failure.

local encoding = require "base.encoding"
local engine = require "engine"

local consoles = {}

-- The lines of each console; a line without end is cut.
local LINES, LONGEST = 5, 300

-- One line as text for JSON and terminals.
local function plain(line)
  local text = encoding.scrub(line:sub(1, 4 * LONGEST)):gsub("%c", " "):gsub("%s+$", "")
  return encoding.cut(text, LONGEST)
end

local function last_lines(console)
  local all = {}
  -- half of a program's lines are blank
  for line in console:tail(4 * LINES):gmatch "[^\n]+" do
    if line:find "%S" then all[#all + 1] = plain(line) end
  end
  return { unpack(all, math.max(1, #all - LINES + 1)) }
end

local function transcript(console) return console:name() .. ".log" end

--- The names of the transcripts in a folder.
function consoles.transcripts(folder)
  local names = {}
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    if name:find "%.log$" then names[#names + 1] = name end
  end
  return names
end

--- The place of a console's last output: "testpmd.log at 22.4 s", in seconds since `origin`.
function consoles.place(console, origin)
  local at = console:last_output()
  return transcript(console) .. (at and (" at %.1f s"):format(at - origin) or "")
end

--- The last lines of each console of an array: { name, transcript, t = seconds from `origin` to them (nil: no output),
--- lines }. `since` (optional, engine.now()'s clock): without consoles that had ended before and printed nothing since.
function consoles.last(list, origin, since)
  local out = {}
  for _, console in ipairs(list) do
    local at = console:last_output()
    if not since or not console:exit() or (at and at >= since) then
      out[#out + 1] = { name = console:name(), transcript = transcript(console), t = at and at - origin,
        lines = last_lines(console) }
    end
  end
  return out
end

local function latest_first(entries)
  local out = {}
  for i, entry in ipairs(entries) do out[i] = { entry = entry, t = entry.t or -1, i = i } end
  table.sort(out, function(a, b)
    if a.t ~= b.t then return a.t > b.t end
    return a.i < b.i
  end)
  return out
end

--- The entries of consoles.last as lines for a person, the latest first: at most `count` consoles and `most` lines of
--- each (default: all).
function consoles.text(entries, count, most)
  local out = {}
  for i, item in ipairs(latest_first(entries or {})) do
    local entry = item.entry
    if i > (count or math.huge) then break end
    out[#out + 1] = entry.t and ("%s at %.1f s:"):format(entry.transcript, entry.t)
      or ("%s: no output"):format(entry.transcript)
    for k = math.max(1, #entry.lines - (most or #entry.lines) + 1), #entry.lines do
      out[#out + 1] = "  " .. entry.lines[k]
    end
  end
  return out
end

return consoles
