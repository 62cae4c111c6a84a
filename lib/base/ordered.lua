--- ordered: JSON whose keys stand in one order on every run, so that two results can be compared.
--- (engine.json writes what a program reads; this writes what people diff.)

local show = require "base.show"
local encoding = require "base.encoding"

local ordered = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

--- A string as JSON: valid UTF-8, control characters escaped.
function ordered.string(s)
  s = encoding.scrub(s):gsub('[%c"\\]', function(c)
    return ESCAPES[c] or ("\\u%04x"):format(c:byte())
  end)
  return '"' .. s .. '"'
end

-- JSON has no nan and no infinity: they become text, so that they are seen.
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
  if kind == "string" then return ordered.string(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind ~= "table" then return ordered.string("<" .. kind .. ">") end
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
      parts[#parts + 1] = ordered.string(text) .. ": " .. encode(value[name], name, shape, inner)
    end
  end
  shape.open[value] = nil
  return wrap(parts, array and "[" or "{", array and "]" or "}", pad, shape.indent)
end

--- `value` as JSON text. Options: `order`, an array of keys that come first wherever they are;
--- `arrays`, a set of keys whose value is an array even where it is empty; `indent` in blanks.
--- Never fails: what JSON cannot hold (nan, functions, stray bytes) is written as text.
function ordered.encode(value, options)
  options = options or {}
  local shape = { order = options.order, arrays = options.arrays or {}, open = {},
    indent = options.indent and (" "):rep(options.indent) }
  return encode(value, nil, shape, "")
end

return ordered
