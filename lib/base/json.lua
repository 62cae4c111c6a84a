--- json: JSON with its keys in the same order on every run, for diffs; and JSON inside a page. (engine.json is the
--- plain writer and reader.)

local encoding = require "base.encoding"
local engine = require "engine"
local show = require "base.show"

local json = {}

local quoted = engine.json.encode

-- JSON has no nan and no infinity: they become text.
local function number(n)
  if n ~= n or n == math.huge or n == -math.huge then return '"' .. show.number(n) .. '"' end
  return show.number(n)
end

-- Keys in the order of `first`, then the others sorted.
local function keys_of(t, first)
  local keys, placed = {}, {}
  for _, key in ipairs(first or {}) do
    if t[key] ~= nil then keys[#keys + 1] = key end
    placed[key] = true
  end
  for _, key in ipairs(show.sorted_keys(t)) do
    if not placed[key] then keys[#keys + 1] = key end
  end
  return keys
end

local encode

local function wrap(parts, open, close, pad, indent)
  if #parts == 0 then return open .. close end
  if not indent then return open .. table.concat(parts, ", ") .. close end
  local inner = pad .. indent
  return open .. "\n" .. inner .. table.concat(parts, ",\n" .. inner) .. "\n" .. pad .. close
end

local function is_array(t, key, shape)
  if shape.arrays[key] then return true end
  local count = 0
  for _ in pairs(t) do count = count + 1 end
  return count > 0 and count == #t
end

function encode(value, key, shape, pad)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind ~= "table" then return quoted("<" .. kind .. ">") end
  if shape.open[value] then return '"<itself>"' end
  shape.open[value] = true
  local parts, inner = {}, pad .. (shape.indent or "")
  local array = is_array(value, key, shape)
  if array then
    for i = 1, #value do parts[i] = encode(value[i], nil, shape, inner) end
  else
    for _, name in ipairs(keys_of(value, shape.order)) do
      -- ports and queues are numbers in Lua and names in JSON
      local text = type(name) == "string" and name or show.value(name)
      parts[#parts + 1] = quoted(text) .. ": " .. encode(value[name], name, shape, inner)
    end
  end
  shape.open[value] = nil
  return wrap(parts, array and "[" or "{", array and "]" or "}", pad, shape.indent)
end

--- `value` as JSON text. Options: `order`, an array of keys that come first; `arrays`, a set of keys whose value is an
--- array even if it is empty; `indent` in blanks. Never fails: nan, functions and stray bytes are written as text.
function json.encode(value, options)
  options = options or {}
  local shape = { order = options.order, arrays = options.arrays or {}, open = {},
    indent = options.indent and (" "):rep(options.indent) }
  return encode(value, nil, shape, "")
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
