--- lines: a console's text as lines, and the numbers in it.

local engine = require "engine"

local lines = {}

-- Counters are 64 bits wide in DPDK; a Lua number holds integers exactly up to 2^53. As digits: 2^53 + 1 is no number.
local EXACT, LARGEST = "9007199254740992", "18446744073709551615"
lines.U32 = 2 ^ 32 - 1

-- Prompts of testpmd and hotplug_mp: log lines may stand behind them.
local PROMPTS = { "^testpmd> ?", "^example> ?" }

--- In front of a log line, with the EAL's --log-timestamp: seconds, <since the last line>, +since it, a date.
lines.STAMPS = { "^%[%s*%d+%.%d+%] ", "^%[<%s*%d+%.%d+>%] ", "^%[%+%s*%d+%.%d+%] ", "^%[%a+%d+ %d+:%d+%] ",
  "^%[%d+%-%d+%-%d+T[%d:,.+-]+%] " }

local function without_stamp(text)
  if text:byte() ~= 91 then return text end
  for _, pattern in ipairs(lines.STAMPS) do
    local _, stop = text:find(pattern)
    if stop then return text:sub(stop + 1) end
  end
  return text
end

-- The line without the prompts in front of it. Cut once: there may be a million of them.
local function without_prompt(text)
  local at, again = 1, true
  while again do
    again = false
    for _, prompt in ipairs(PROMPTS) do
      local _, stop = text:find(prompt, at)
      if stop then at, again = stop + 1, true end
    end
  end
  return text:sub(at)
end

--- The lines of `text`: an array of { n = line number, text = without carriage returns, leading prompts, a log line's
--- time and blanks at both ends, whole = its end of line was there }. Or nil, reason where `text` is no string. Linear
--- in the bytes.
function lines.split(text)
  if type(text) ~= "string" then return nil, "no text to read: a " .. type(text) end
  local out = {}
  for line, stop in text:gmatch("([^\n]*)(\n?)") do
    if line ~= "" or stop ~= "" then
      local plain = without_prompt(line:gsub("\r", ""))
      -- from the right end by a match on bytes: "^%s*(.-)%s*$" is quadratic in runs of blanks
      plain = without_stamp((plain:gsub("^%s+", "")))
      local last = #plain
      while last > 0 and plain:find("^%s", last) do last = last - 1 end
      out[#out + 1] = { n = #out + 1, text = plain:sub(1, last), whole = stop ~= "" }
    end
  end
  return out
end

--- The last `count` lines of `text` that are not empty.
function lines.last(text, count)
  local all = {}
  for line in text:gmatch "[^\n]+" do all[#all + 1] = line end
  return table.concat(all, "\n", math.max(1, #all - count + 1))
end

--- Is this a log line: `EAL: ...`, `VHOST_CONFIG: ...`, `virtio_user_dev_init_mac(): ...`?
function lines.is_log(text)
  return text:find("^[%a_][%w_]*%(?%)?:%s") ~= nil or text:find("^[%a_][%w_]*:$") ~= nil
end

local function cut(text, max) return #text > max and text:sub(1, max) .. "..." or text end

--- A parser's reason: the line's number, the fault, the line. Both texts may be megabytes and are cut.
function lines.reason(line, why)
  return ("line %d: %s: %q"):format(line.n, cut(why, 160), cut(line.text, 80))
end

-- Is a number, in digits, not above `most`, in digits?
local function is_at_most(digits, most)
  digits = digits:gsub("^0+", "")
  return #digits < #most or #digits == #most and digits <= most
end

--- A counter's digits as a number, or nil, why. `max` defaults to 2^53, beyond which a double no longer counts by one.
function lines.counter(digits, max)
  if not digits:find("^%d+$") then return nil, ("%q is no counter"):format(cut(digits, 24)) end
  local value = tonumber(digits)
  if #digits > 20 or not is_at_most(digits, EXACT) or value > (max or value) then
    return nil, ("%s is larger than a counter can be"):format(cut(digits, 24))
  end
  return value
end

local Refusal = {}

--- Ends lines.parse with a reason, which names `line` (optional).
function lines.refuse(line, why)
  error(setmetatable({ reason = line and lines.reason(line, why) or why }, Refusal), 0)
end

--- A counter's digits as a number; refuses the line without one. `what` names it.
function lines.number(line, what, digits, max)
  local value, why = lines.counter(digits, max)
  return value or lines.refuse(line, ("%s: %s"):format(what, why))
end

--- Has a record this counter, if only one that does not fit (lines.put)?
function lines.has(record, name) return rawget(record, name) ~= nil or engine.number.text(record, name) ~= nil end

--- Stores a counter of 64 bits. Above 2^53 it does not fit: to read it from the record is an error that names it.
function lines.put(record, line, name, digits)
  if lines.has(record, name) then lines.refuse(line, name .. " a second time") end
  local is_unfit = digits:find "^%d+$" and is_at_most(digits, LARGEST) and not is_at_most(digits, EXACT)
  if is_unfit then return engine.number.set_unfit(record, name, digits) end
  record[name] = lines.number(line, name, digits)
end

--- The result of fn(the lines of `text`, ...); nil, reason if it refuses, or if `text` is no string.
function lines.parse(text, fn, ...)
  local list, why = lines.split(text)
  if not list then return nil, why end
  local ok, result = pcall(fn, list, ...)
  if ok then return result end
  if getmetatable(result) == Refusal then return nil, result.reason end
  error(result, 0)
end

return lines
