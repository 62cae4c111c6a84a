--- bytes: the first difference of two strings, with its offset and in hex.

local encoding = require "base.encoding"
local show = require "base.show"

local bytes = {}

-- Longer texts are cut in messages, and their difference with them.
local LONG = 200

-- The bytes that are shown from the difference on.
local SHOWN = 8

-- Compared at once: a byte at a time is slow for megabytes.
local BLOCK = 4096

-- Is it no short text that a message shows whole?
local function needs_hex(s)
  return #s > LONG or s:find "[%z\1-\8\11\12\14-\31\127]" ~= nil or encoding.scrub(s) ~= s
end

local function first_difference(a, b)
  local at = 1
  while at <= #a and a:sub(at, at + BLOCK - 1) == b:sub(at, at + BLOCK - 1) do at = at + BLOCK end
  while a:byte(at) == b:byte(at) and at <= #a do at = at + 1 end
  return at
end

-- `61 00 ff "a\x00\xFF"`.
local function from(s, at)
  if at > #s then return "its end" end
  local part = s:sub(at, at + SHOWN - 1)
  return part:gsub(".", function(c) return ("%02x "):format(c:byte()) end) .. show.string(part)
end

--- "expected 14 bytes, got 12; first difference at offset 12 (0xc): expected 08 00 "\x08\x00", got its end". Nil for
--- strings that are the same, or short texts; and for other values.
function bytes.difference(got, expected)
  if type(got) ~= "string" or type(expected) ~= "string" or got == expected then return nil end
  if not (needs_hex(got) or needs_hex(expected)) then return nil end
  local at = first_difference(got, expected)
  return ("expected %d bytes, got %d; first difference at offset %d (0x%x): expected %s, got %s"):format(#expected,
    #got, at - 1, at - 1, from(expected, at), from(got, at))
end

return bytes
