-- hooks: what faults are made of (relay.lua says what a hook is). Runs inside the shim, and in guests.

local hooks = {}

--- A line hook: where the pattern is, `with` (string.gsub's) takes its place.
function hooks.replace(pattern, with)
  return function(text) return (text:gsub(pattern, with)) end
end

--- A line hook: lines with the pattern do not come.
function hooks.drop(pattern)
  return function(text)
    if not text:find(pattern) then return text end
  end
end

--- A line hook: lines with the pattern come twice.
function hooks.twice(pattern)
  return function(text) return text:find(pattern) and text .. text or text end
end

--- A line hook: behind a line with the pattern, `more` comes.
function hooks.behind(pattern, more)
  return function(text) return text:find(pattern) and text .. more or text end
end

--- A line hook: before a line with the pattern, `more` comes.
function hooks.before(pattern, more)
  return function(text) return text:find(pattern) and more .. text or text end
end

--- A line hook: at the first line with the pattern, fn(text, io) says what is passed on.
function hooks.once(pattern, fn)
  return function(text, io)
    if io.state.once or not text:find(pattern) then return text end
    io.state.once = true
    return fn(text, io)
  end
end

--- A line hook: from the first line with the pattern on, nothing comes any more; that line is cut to
--- `part` of it (0 to 1).
function hooks.cut(pattern, part)
  return function(text, io)
    if io.state.is_cut then return nil end
    if not text:find(pattern) then return text end
    io.state.is_cut = true
    return text:sub(1, math.floor(#text * part))
  end
end

--- A prompt hook for what hooks.cut began: nothing comes, no prompt either.
function hooks.nothing_after_cut(text, io)
  if not io.state.is_cut then return text end
end

--- A prompt hook: the first prompt with the pattern is the last thing that is said; the end is a good one.
function hooks.end_behind(pattern)
  return function(text, io)
    if not text:find(pattern) then return text end
    io.say(text)
    io.die(0)
  end
end

--- An input hook: a line with the pattern never reaches the program; `reply` (gsub's replacement over the
--- pattern; echo and prompt are added) comes at once.
function hooks.answer(pattern, reply, prompt)
  return function(text, io)
    if not text:find(pattern) then return text end
    local said = text:gsub("\n", ""):gsub(pattern .. ".*", reply)
    io.say(text:gsub("\n", "") .. "\r\n" .. said .. "\r\n" .. prompt)
  end
end

--- symmetric_mp's statistics, a line hook: fn(port, rx, tx, drop, io) → the numbers (or texts) to print,
--- or nil: the line does not come.
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

--- So many bytes of lines that mean nothing.
function hooks.chatter(io, bytes)
  local block = ("ETHDEV: chatter that means nothing at all, a line of it\r\n"):rep(1000)
  for _ = 1, math.ceil(bytes / #block) do io.say(block) end
end

return hooks
