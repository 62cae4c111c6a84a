--- json: any value as JSON with its keys in the same order on every run, for diffs; and JSON inside a page.
--- (engine.json is the writer and reader.)

local encoding = require "base.encoding"
local engine = require "engine"
local show = require "base.show"

local json = {}

-- What the engine's writer takes (DEPTH_MAX in engine/bind/bind_json.c).
local DEPTH = 64

-- Keys in the order of `first`, then the others sorted.
local function keys_of(t, first)
  local keys, placed = {}, {}
  for _, key in ipairs(first) do
    if t[key] ~= nil then keys[#keys + 1] = key end
    placed[key] = true
  end
  for _, key in ipairs(show.sorted_keys(t)) do
    if not placed[key] then keys[#keys + 1] = key end
  end
  return keys
end

local function is_array(t, key, shape)
  local count = 0
  for _ in pairs(t) do count = count + 1 end
  return count == #t and (count > 0 or shape.arrays[key] == true)
end

-- The text of a key that is none of `taken` yet. Ports and queues are numbers in Lua and names in JSON: 1 and "1" may
-- both be there.
local function key_text(key, taken)
  local text = type(key) == "string" and key or show.value(key)
  text = encoding.scrub(text):gsub("%z", "\\0")
  while taken[text] ~= nil do text = ("[%s]"):format(text) end
  return text
end

local copy

local function copy_array(t, shape, depth)
  local out = engine.json.array {}
  for i = 1, #t do out[i] = copy(t[i], nil, shape, depth) end
  return out
end

local function copy_object(t, shape, depth)
  local out, texts = {}, {}
  for i, key in ipairs(keys_of(t, shape.order)) do
    texts[i] = key_text(key, out)
    out[texts[i]] = copy(t[key], key, shape, depth)
  end
  return setmetatable(out, { __json_keys = texts })
end

-- The value as the engine's writer takes it; what has no form in JSON becomes text.
function copy(value, key, shape, depth)
  local kind = type(value)
  if kind == "string" or kind == "boolean" then return value end
  if kind == "number" then return value - value == 0 and value or show.number(value) end
  if value == engine.json.null then return value end
  if kind ~= "table" then return ("<%s>"):format(kind) end
  if shape.open[value] then return "<itself>" end
  if depth >= DEPTH then return "<nested too deep>" end
  shape.open[value] = true
  local out = (is_array(value, key, shape) and copy_array or copy_object)(value, shape, depth + 1)
  shape.open[value] = nil
  return out
end

--- `value` as JSON text. Options: `order`, an array of keys that come first; `arrays`, a set of keys whose value is an
--- array even if it is empty; `indent` in blanks. Never fails: nan, functions and stray bytes are written as text.
function json.encode(value, options)
  options = options or {}
  local shape = { order = options.order or {}, arrays = options.arrays or {}, open = {} }
  return engine.json.encode(copy(value, nil, shape, 0), { indent = options.indent, ordered = true })
end

local bytes_escapes

local function bytes_as_escapes()
  local all = { ['"'] = '\\"', ["\\"] = "\\\\", ["<"] = "\\u003c" }
  for byte = 0, 255 do
    local c = string.char(byte)
    local is_plain = byte >= 32 and byte < 127
    if not is_plain then all[c] = ("\\u%04x"):format(byte) end
  end
  all["\n"], all["\r"] = "\\n", "\\r"
  return all
end

--- Any bytes as a JSON string, each a code point; valid in a script element.
function json.bytes(text)
  bytes_escapes = bytes_escapes or bytes_as_escapes()
  return '"' .. text:gsub('[^ !#-;=-%[%]-~]', bytes_escapes) .. '"'
end

--- JSON text for a script element: "<" is in strings only. (With find, as gsub is slow on a timeline's megabytes.)
function json.in_script(text)
  local out, from = {}, 1
  while true do
    local at = text:find("<", from, true)
    out[#out + 1] = text:sub(from, (at or 0) - 1)
    if not at then return table.concat(out, "\\u003c") end
    from = at + 1
  end
end

-- Each byte of a text that is no UTF-8 as a code point, as in recordings.
local function with_bytes(value)
  if type(value) == "string" and encoding.scrub(value) ~= value then
    return { ["$bytes"] = (value:gsub("[\128-\255]", function(c)
      local byte = c:byte()
      return byte < 192 and "\194" .. c or "\195" .. string.char(byte - 64)
    end)) }
  end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, field in pairs(value) do out[key] = with_bytes(field) end
  return out
end

--- The text that a {"$bytes"} stands for.
function json.text_of_bytes(text)
  return (text:gsub("([\194\195])([\128-\191])", function(a, b)
    return string.char(a == "\195" and b:byte() + 64 or b:byte())
  end))
end

local function without_bytes(value)
  if type(value) ~= "table" then return value end
  if value["$bytes"] then return json.text_of_bytes(value["$bytes"]) end
  for key, field in pairs(value) do value[key] = without_bytes(field) end
  return value
end

--- A table as JSON, and back, without a loss: a path may have any byte.
function json.exact(value) return engine.json.encode(with_bytes(value)) end
function json.of_exact(text) return without_bytes(engine.json.decode(text)) end

return json
