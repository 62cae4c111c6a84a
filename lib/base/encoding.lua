--- encoding: any bytes as valid UTF-8, for JSON, XML and the terminal.

local encoding = {}

-- The characters of more than one byte (Unicode 15, table 3-7): no overlong forms, surrogates or values above U+10FFFF.
local CHARACTERS = { "^[\194-\223][\128-\191]", "^\224[\160-\191][\128-\191]", "^\237[\128-\159][\128-\191]",
  "^[\225-\236\238\239][\128-\191][\128-\191]", "^\240[\144-\191][\128-\191][\128-\191]",
  "^[\241-\243][\128-\191][\128-\191][\128-\191]", "^\244[\128-\143][\128-\191][\128-\191]" }

-- The last byte of the character that starts at byte `at`; nil if none does.
local function end_at(text, at)
  for _, character in ipairs(CHARACTERS) do
    local _, last = text:find(character, at)
    if last then return last end
  end
end

--- `text` with each byte that belongs to no character replaced by `replace(byte)` (default: U+FFFD). Linear in the
--- bytes.
function encoding.scrub(text, replace)
  local out, from, at = {}, 1, text:find "[\128-\255]"
  while at do
    local last = end_at(text, at)
    if not last then
      out[#out + 1] = text:sub(from, at - 1)
      out[#out + 1] = replace and replace(text:byte(at)) or "\239\191\189"
      last, from = at, at + 1
    end
    at = text:find("[\128-\255]", last + 1)
  end
  return from == 1 and text or table.concat(out) .. text:sub(from)
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

--- A name of any bytes as reports and a terminal can show it: one "?" for each control.
function encoding.shown(name) return (encoding.scrub(name):gsub("%c", "?"):gsub("\194[\128-\159]", "?")) end

--- At most `max` characters of valid text, not cut inside a character.
function encoding.cut(text, max)
  local count = 0
  for at in text:gmatch "()[^\128-\191]" do
    if count >= max then return text:sub(1, at - 1) end
    count = count + 1
  end
  return text
end

return encoding
