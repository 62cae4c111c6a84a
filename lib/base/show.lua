--- show: any Lua value on one line, for messages and records.

local engine = require "engine"
local encoding = require "base.encoding"

local show = {}

local MAX = 400
local DEPTH = 6
local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"' }

local function escape_byte(byte) return ("\\x%02X"):format(byte) end

--- A number as people write it: counters without exponent, `nan`, `inf`, `-inf`.
function show.number(n)
  if n ~= n then return "nan" end
  if n == math.huge then return "inf" end
  if n == -math.huge then return "-inf" end
  -- tostring turns 2^53 into 9.007e+15: a counter must be readable to its last digit
  if n == math.floor(n) and math.abs(n) < 2 ^ 63 then return n == 0 and "0" or ("%.0f"):format(n) end
  local short = ("%.14g"):format(n)
  return tonumber(short) == n and short or ("%.17g"):format(n)
end

--- A string in quotes, control characters and stray bytes escaped.
function show.string(s)
  s = encoding.scrub(s:gsub('[\n\r\t\\"]', ESCAPES), escape_byte)
  return '"' .. s:gsub("[%z\1-\31\127]", function(c) return escape_byte(c:byte()) end) .. '"'
end

-- Numbers by value first, then strings, then the rest by type: the same order on every run.
local function key_before(a, b)
  local ta, tb = type(a), type(b)
  if ta == tb and (ta == "number" or ta == "string") then return a < b end
  if ta == "number" or tb == "number" then return ta == "number" and tb ~= "number" end
  if ta == "string" or tb == "string" then return ta == "string" and tb ~= "string" end
  return tostring(a) < tostring(b)
end

--- The keys of a table in a stable order.
function show.sorted_keys(t)
  local keys = {}
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, key_before)
  return keys
end

-- Raised to stop a walk once the line is full; pcall in show.value takes it.
local FULL = {}

local function put(line, text)
  line.length = line.length + #text
  line.parts[#line.parts + 1] = text
  if line.length > line.max then error(FULL, 0) end
end

local put_value

local function put_key(line, key)
  if type(key) == "string" and key:match("^[%a_][%w_]*$") then return put(line, key .. " = ") end
  put(line, "[")
  put_value(line, key, DEPTH)
  put(line, "] = ")
end

local function put_table(line, t, depth)
  if line.open[t] then return put(line, "<itself>") end
  if depth >= DEPTH then return put(line, "{...}") end
  line.open[t] = true
  put(line, "{")
  local listed = 0
  -- ports and queues count from 0: written as keys, all of them, in order
  while rawget(t, 0) == nil and rawget(t, listed + 1) ~= nil do
    listed = listed + 1
    if listed > 1 then put(line, ", ") end
    put_value(line, rawget(t, listed), depth + 1)
  end
  local first = listed == 0
  for _, key in ipairs(show.sorted_keys(t)) do
    local is_listed = type(key) == "number" and key >= 1 and key <= listed and key % 1 == 0
    if not is_listed then
      if not first then put(line, ", ") end
      first = false
      put_key(line, key)
      put_value(line, rawget(t, key), depth + 1)
    end
  end
  put(line, "}")
  line.open[t] = nil
end

--- The text of an object with a good __tostring; nil for others.
function show.own_text(value)
  local meta = debug.getmetatable(value)
  if type(meta) ~= "table" or not rawget(meta, "__tostring") then return nil end
  local ok, text = pcall(tostring, value)
  return ok and type(text) == "string" and text or nil
end

function put_value(line, value, depth)
  local kind = type(value)
  if kind == "string" then
    -- one byte can become four: cutting first keeps 100 MB of chatter from being escaped
    put(line, show.string(value:sub(1, line.max + 1)))
  elseif kind == "number" then
    put(line, show.number(value))
  elseif kind == "table" then
    local text = show.own_text(value)
    if text then put(line, text) else put_table(line, value, depth) end
  elseif kind == "nil" or kind == "boolean" then
    put(line, tostring(value))
  elseif kind == "userdata" then
    -- JSON's null, and the engine's handles, which have names
    put(line, value == engine.json.null and "null" or show.own_text(value) or "<userdata>")
  else
    put(line, "<" .. kind .. ">")
  end
end

--- `value` as one line of at most `max` bytes (default 400), with a mark if it was cut. Strings are quoted, keys
--- sorted; a table inside itself prints `<itself>`. Never fails, never yields.
function show.value(value, max)
  local line = { parts = {}, length = 0, max = max or MAX, open = {} }
  local ok, err = pcall(put_value, line, value, 0)
  local text = table.concat(line.parts)
  if ok then return text end
  if err ~= FULL then return "<" .. type(value) .. " that cannot be shown>" end
  return encoding.scrub(text:sub(1, line.max), function() return "" end) .. "... (cut)"
end

return show
