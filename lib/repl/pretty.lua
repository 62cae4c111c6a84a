--- pretty: a value's text at the prompt: on one line or over several, counters with their units.

local ending = require "base.ending"
local grid = require "repl.grid"
local guess = require "repl.guess"
local show = require "base.show"
local encoding = require "base.encoding"

local pretty = {}

-- Longer and deeper values are cut.
local LINES, DEPTH, WIDTH = 200, 8, 80

local BYTES = { { 2 ^ 40, "TiB" }, { 2 ^ 30, "GiB" }, { 2 ^ 20, "MiB" }, { 2 ^ 10, "KiB" } }
local RATES = { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } }
-- By the last word of a name.
local RATE_UNITS = { hz = "Hz", bps = "bit/s", pps = "packets/s" }
local COUNTED = { packets = " packets", ipackets = " packets", opackets = " packets", dropped = " packets",
  missed = " packets", total = " packets", errors = "", nombuf = "" }

local function scaled(n, units)
  for _, unit in ipairs(units) do
    if math.abs(n) >= unit[1] then return ("%.1f"):format(n / unit[1]), unit[2] end
  end
end

local function bytes(n)
  local value, unit = scaled(n, BYTES)
  return grid.grouped(n) .. " bytes" .. (value and (" (%s %s)"):format(value, unit) or "")
end

local function rate(n, unit)
  local value, prefix = scaled(n, RATES)
  if not value then return grid.grouped(n) .. " " .. unit end
  return ("%s %s%s%s"):format(value, prefix, unit:find "^packets" and " " or "", unit)
end

--- A number in the unit of its name: a counter with separators, bytes, seconds, a rate.
function pretty.number(n, name)
  local word = type(name) == "string" and name:lower():match "([%a]+)$" or ""
  if not grid.is_finite(n) then return show.number(n) end
  if word == "bytes" or word == "ibytes" or word == "obytes" then return bytes(n) end
  if RATE_UNITS[word] then return rate(n, RATE_UNITS[word]) end
  if word == "seconds" then return show.number(n) .. " s" end
  return COUNTED[word] and grid.grouped(n) .. COUNTED[word] or show.number(n)
end

local function of_function(fn)
  local info = debug.getinfo(fn, "S")
  if info.what == "C" then return "<function, in C>" end
  return ("<function, %s:%d>"):format(info.short_src, info.linedefined)
end

local function method(object, name)
  local ok, value = pcall(function() return object[name] end)
  return ok and type(value) == "function" and value or nil
end

-- The result of a handle's method; nil without that method, or where it fails.
local function call(object, name)
  local fn = method(object, name)
  if not fn then return nil end
  local ok, value = pcall(fn, object)
  return ok and value or nil
end

local function status_of(handle)
  local exit = call(handle, "exit")
  if type(exit) == "table" then return "ended with " .. ending.words(exit) end
  local pid = call(handle, "pid")
  return pid and ("running, pid %d"):format(pid) or "running"
end

-- A handle of the engine: a console, a node.
local function of_handle(value)
  local name = call(value, "name")
  if method(value, "exit") then return ("console %s, %s"):format(show.string(name or "?"), status_of(value)) end
  if method(value, "spawn") then return ("node %s"):format(show.string(name or "?")) end
  return show.own_text(value) or "<userdata>"
end

-- An object of lib/: its class, its console's name and status.
local function of_object(value, class)
  -- of a VM: its QEMU; a prepared VM has the VM inside
  local console = rawget(value, "console") or rawget(rawget(value, "vm") or value, "qemu")
  local text = class == "t" and "t, a case: ?t lists its methods" or class
  if type(console) == "userdata" then
    return ("%s %s, %s"):format(text, show.string(call(console, "name") or "?"), status_of(console))
  end
  return text
end

-- One line for a value; nil for a table of plain values.
local function simple(value, name)
  local kind = type(value)
  if kind == "number" then return pretty.number(value, name) end
  if kind == "function" then return of_function(value) end
  if kind == "userdata" then return of_handle(value) end
  if kind ~= "table" then return show.value(value, 4000) end
  local class = guess.class(value)
  if class then return of_object(value, class) end
  return show.own_text(value)
end

--- A value on one line: an object's class and status, other values in at most `max` bytes.
function pretty.line(value, max)
  if type(value) == "userdata" then return of_handle(value) end
  local class = type(value) == "table" and guess.class(value)
  return class and of_object(value, class) or show.value(value, max)
end

-- Is a table good on one line? Not with counters, functions or objects in it.
local function plain_enough(value, depth)
  for key, item in next, value do
    local kind = type(item)
    if kind == "function" or kind == "userdata" or depth > 3 then return false end
    if kind == "number" and pretty.number(item, key) ~= show.number(item) then return false end
    if kind == "table" and (simple(item) or not plain_enough(item, depth + 1)) then return false end
  end
  return true
end

local function one_line(value, width)
  if not plain_enough(value, 0) then return nil end
  local text = show.value(value, width)
  return #text <= width and not text:find("%.%.%. %(cut%)$") and text or nil
end

local unfold

-- "key = value", or the key with its value indented below.
local function add_item(out, s, key, item, depth)
  local head = grid.key_text(key)
  local text = simple(item, key)
  if not text and s.open[item] then text = "<itself>" end
  if not text then text = depth >= DEPTH and "{...}" or one_line(item, s.width - #head - 3) end
  if text then
    local start = head .. " = "
    for line in (text .. "\n"):gmatch "([^\n]*)\n" do
      out[#out + 1], start = start .. line, "  "
    end
    return
  end
  out[#out + 1] = head .. " ="
  for _, line in ipairs(unfold(s, item, depth + 1)) do out[#out + 1] = "  " .. line end
end

function unfold(s, value, depth)
  s.open[value] = true
  s.width = s.width - 2
  local keys = show.sorted_keys(value)
  local out = grid.lines(value, keys, s.width, simple)
  if not out then
    out = {}
    for _, key in ipairs(keys) do
      -- more lines would be cut anyway
      if #out > s.most then break end
      add_item(out, s, key, rawget(value, key), depth)
    end
  end
  s.width = s.width + 2
  s.open[value] = nil
  return out
end

local function text_lines(text, most)
  local out = {}
  for line in (text:gsub("\r\n", "\n"):gsub("\n$", "") .. "\n"):gmatch "([^\n]*)\n" do
    if #out > most then break end
    -- a program's output must not move the cursor
    local clean = encoding.scrub(line)
    out[#out + 1] = (clean:gsub("[%z\1-\8\11-\31\127]", function(c) return ("\\x%02X"):format(c:byte()) end))
  end
  return out
end

local function whole(value, width, most)
  if type(value) == "string" and value:find "\n" then return text_lines(value, most) end
  if type(value) == "string" then return { show.string(value:sub(1, most * width)) } end
  local text = simple(value)
  if text then return text_lines(text, most) end
  text = one_line(value, width)
  return text and { text } or unfold({ width = width + 2, most = most, open = {} }, value, 0)
end

--- The lines of a value, an array, for a terminal of `width` columns (80). After `most` lines (200) the last line
--- explains how to see the rest. Never fails, never changes the value.
function pretty.lines(value, width, most)
  width, most = width or WIDTH, most or LINES
  local ok, lines = pcall(whole, value, math.max(width, 20), most)
  if not ok then return { ("<%s without a text>"):format(type(value)) } end
  if type(value) == "string" and not value:find "\n" and #value > most * width then
    lines[2] = ("... (%s bytes in all; print(_) shows it whole)"):format(grid.grouped(#value))
  end
  if #lines <= most then return lines end
  for i = #lines, most + 1, -1 do lines[i] = nil end
  lines[most + 1] = type(value) == "string" and "... (cut; print(_) shows it whole)"
    or "... (cut; for a part of it type _[1] or _.name)"
  return lines
end

return pretty
