-- hooks: functions that make the hooks of faults (relay.lua lists the hooks). Runs in the shim, also in guests.

local hooks = {}

--- A constructor: fault(name, reason, hooks) with these fields.
function hooks.fault(fields)
  return function(name, reason, o)
    o.name, o.reason = name, reason
    for key, value in pairs(fields) do o[key] = value end
    return o
  end
end

--- A line hook: string.gsub of the pattern by `with`.
function hooks.replace(pattern, with)
  return function(text) return (text:gsub(pattern, with)) end
end

--- A line hook: adds one to a counter of a telemetry answer.
function hooks.one_more(counter)
  return hooks.replace('("' .. counter .. '":)(%d+)', function(before, n)
    return ("%s%.0f"):format(before, tonumber(n) + 1)
  end)
end

--- A line or input hook: lines with the pattern are dropped.
function hooks.drop(pattern)
  return function(text)
    if not text:find(pattern) then return text end
  end
end

--- A line hook: lines with the pattern are printed twice.
function hooks.twice(pattern)
  return function(text) return text:find(pattern) and text .. text or text end
end

--- A line hook: prints `more` after a line with the pattern.
function hooks.behind(pattern, more)
  return function(text) return text:find(pattern) and text .. more or text end
end

--- A line hook: prints `more` before a line with the pattern.
function hooks.before(pattern, more)
  return function(text) return text:find(pattern) and more .. text or text end
end

--- A line hook: replaces the first line with the pattern by fn(text, io).
function hooks.once(pattern, fn)
  return function(text, io)
    if io.state.once or not text:find(pattern) then return text end
    io.state.once = true
    return fn(text, io)
  end
end

--- A line hook: cuts the first line with the pattern to `part` of it (0 to 1), and drops all later output.
function hooks.cut(pattern, part)
  return function(text, io)
    if io.state.is_cut then return nil end
    if not text:find(pattern) then return text end
    io.state.is_cut = true
    return text:sub(1, math.floor(#text * part))
  end
end

--- The prompt hook that goes with hooks.cut: drops later prompts, too.
function hooks.nothing_after_cut(text, io)
  if not io.state.is_cut then return text end
end

--- A prompt hook: the program exits with status 0 after the first prompt with the pattern.
function hooks.end_behind(pattern)
  return function(text, io)
    if not text:find(pattern) then return text end
    io.print(text)
    io.die(0)
  end
end

--- An input hook: answers a line with the pattern in place of the program: echo, `reply` (gsub's replacement of the
--- pattern), prompt.
function hooks.answer(pattern, reply, prompt)
  return function(text, io)
    if not text:find(pattern) then return text end
    local echo = text:gsub("\n", "")
    io.print(echo .. "\r\n" .. echo:gsub(pattern .. ".*", reply) .. "\r\n" .. prompt)
  end
end

--- A line hook for symmetric_mp's statistics: fn(port, rx, tx, drop, io) returns the numbers (or texts) to print; nil
--- drops the line.
function hooks.symmetric(fn)
  return function(text, io)
    local port, rx, tx, drop = text:match "^Port (%d): RX %- (%d+), TX %- (%d+), Drop %- (%d+)"
    if not port then return text end
    rx, tx, drop = fn(tonumber(port), tonumber(rx), tonumber(tx), tonumber(drop), io)
    if not rx then return nil end
    local function word(n) return type(n) == "number" and ("%.0f"):format(n) or n end
    return ("Port %s: RX - %s, TX - %s, Drop - %s\r\n"):format(port, word(rx), word(tx), word(drop))
  end
end

--- The same for the RX of one port: fn(rx) returns the number (or text) to print.
function hooks.symmetric_rx(on, fn)
  return hooks.symmetric(function(port, rx, tx, drop) return port == on and fn(rx) or rx, tx, drop end)
end

--- Prints so many bytes of meaningless lines.
function hooks.chatter(io, bytes)
  local block = ("ETHDEV: chatter that means nothing at all, a line of it\r\n"):rep(1000)
  for _ = 1, math.ceil(bytes / #block) do io.print(block) end
end

return hooks
