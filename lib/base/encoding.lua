--- encoding: any bytes as valid UTF-8, for JSON, XML and the terminal.

local encoding = {}

-- For each lead byte (Unicode 15, table 3-7): the length, and low and high bound of the second byte. Overlong forms,
-- surrogates and values above U+10FFFF are no characters.
local function lead_rule(byte)
  if byte < 0x80 then return 1, 0, 0 end
  if byte < 0xC2 then return nil end
  if byte < 0xE0 then return 2, 0x80, 0xBF end
  if byte == 0xE0 then return 3, 0xA0, 0xBF end
  if byte == 0xED then return 3, 0x80, 0x9F end
  if byte < 0xF0 then return 3, 0x80, 0xBF end
  if byte == 0xF0 then return 4, 0x90, 0xBF end
  if byte < 0xF4 then return 4, 0x80, 0xBF end
  if byte == 0xF4 then return 4, 0x80, 0x8F end
end

-- The length in bytes of the character that starts at byte `at` of `text`; nil if none does.
local function length_at(text, at)
  local length, low, high = lead_rule(text:byte(at) or 0xFF)
  if not length or length == 1 then return length end
  local second = text:byte(at + 1)
  if not second or second < low or second > high then return nil end
  for i = at + 2, at + length - 1 do
    local byte = text:byte(i)
    if not byte or byte < 0x80 or byte > 0xBF then return nil end
  end
  return length
end

--- `text` with each byte that belongs to no character replaced by `replace(byte)` (default: U+FFFD). Linear in the
--- bytes.
function encoding.scrub(text, replace)
  if not text:find("[\128-\255]") then return text end
  local out, at, from = {}, 1, 1
  while at <= #text do
    local length = length_at(text, at)
    if length then
      at = at + length
    else
      out[#out + 1] = text:sub(from, at - 1)
      out[#out + 1] = replace and replace(text:byte(at)) or "\239\191\189"
      at = at + 1
      from = at
    end
  end
  out[#out + 1] = text:sub(from)
  return table.concat(out)
end

--- The number of characters of valid text.
function encoding.count(text) return select(2, text:gsub("[^\128-\191]", "")) end

-- Combining marks take no column; C1 controls and characters of more than two bytes may take none or two.
local ZERO_WIDE = "[\204\205][\128-\191]"

--- `text`, of any bytes, as characters of one column each: controls become blanks, characters of unsure width "?".
--- Escape sequences: see encoding.plain.
function encoding.narrow(text)
  text = encoding.scrub(text, function() return "?" end):gsub("[%z\1-\31\127]", " "):gsub("\194[\128-\159]", " ")
  text = text:gsub(ZERO_WIDE, function(c) return (c:byte() == 204 or c:byte(2) < 176) and "?" or nil end)
  return (text:gsub("[\224-\244][\128-\191]+", "?"))
end

--- `text` without a terminal's escape sequences.
function encoding.plain(text)
  text = text:gsub("\27[%]PX^_][^\7\27]*\7", ""):gsub("\27[%]PX^_][^\27]*\27\\", "")
  text = text:gsub("\27%[[0-?]*[ -/]*[@-~]", ""):gsub("\27[ -/]*[0-~]", "")
  return (text:gsub("\27", ""))
end

--- `text`, of any bytes, safe for a terminal: no escape sequences, and no controls but tabs.
function encoding.harmless(text)
  return (encoding.scrub(encoding.plain(text)):gsub("[%z\1-\8\10-\31\127]", " "):gsub("\194[\128-\159]", " "))
end

--- At most `max` characters of valid text, not cut inside a character.
function encoding.cut(text, max)
  local at, count = 1, 0
  while at <= #text and count < max do
    at = at + (length_at(text, at) or 1)
    count = count + 1
  end
  return text:sub(1, at - 1)
end

return encoding
