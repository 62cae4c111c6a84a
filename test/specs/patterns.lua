--- patterns: Lua's patterns (without %b, %f, %1 and position captures) matched by Lua code: a hook can count the steps
--- that string.find, match, gmatch and gsub take unseen in C.

local patterns = {}

local real = { find = string.find, gsub = string.gsub }
local byte, char, sub = string.byte, string.char, string.sub

-- The bytes that one item of a pattern takes: all that `class` ("x", "%d", "[^x]", ".") matches.
local function set_of(class)
  if #class == 1 and class ~= "." then return { [byte(class)] = true } end
  local set = {}
  for c = 0, 255 do set[c] = real.find(char(c), "^" .. class) ~= nil end
  return set
end

-- Behind the class that begins at `at`.
local function class_end(pattern, at)
  local c = sub(pattern, at, at)
  if c == "%" then return at + 2 end
  if c ~= "[" then return at + 1 end
  at = at + (sub(pattern, at + 1, at + 1) == "^" and 2 or 1)
  repeat at = at + (sub(pattern, at, at) == "%" and 2 or 1) until sub(pattern, at, at) == "]" or at > #pattern
  return at + 1
end

-- The item that begins at `at`, and where the next one does.
local function item_at(pattern, at)
  local c, two = sub(pattern, at, at), sub(pattern, at, at + 1)
  if two == "()" or real.find(two, "^%%[bf%d]") then error("patterns: not matched here: " .. pattern) end
  if c == "(" then return { op = "open" }, at + 1 end
  if c == ")" then return { op = "close" }, at + 1 end
  if c == "$" and at == #pattern then return { op = "stop" }, at + 1 end
  local stop = class_end(pattern, at)
  local op = sub(pattern, stop, stop)
  local is_repeated = op ~= "" and real.find("*+-?", op, 1, true)
  return { op = is_repeated and op or "one", set = set_of(sub(pattern, at, stop - 1)) }, stop + (is_repeated and 1 or 0)
end

local compiled = {}

-- A pattern's items, behind its "^".
local function items_of(pattern, at)
  local key = at .. pattern
  if not compiled[key] then
    local items = {}
    while at <= #pattern do items[#items + 1], at = item_at(pattern, at) end
    compiled[key] = items
  end
  return compiled[key]
end

local try

-- Like lstrlib.c: as many as there are, then fewer and fewer.
local function most_first(m, i, at, least)
  local set, n = m.items[i].set, 0
  while set[byte(m.text, at + n)] do n = n + 1 end
  while n >= least do
    local stop = try(m, i + 1, at + n)
    if stop then return stop end
    n = n - 1
  end
end

local function least_first(m, i, at)
  local set = m.items[i].set
  while true do
    local stop = try(m, i + 1, at)
    if stop then return stop end
    if not set[byte(m.text, at)] then return nil end
    at = at + 1
  end
end

local ops = {
  ["*"] = function(m, i, at) return most_first(m, i, at, 0) end,
  ["+"] = function(m, i, at) return most_first(m, i, at, 1) end,
  ["-"] = least_first,
  ["?"] = function(m, i, at)
    local stop = m.items[i].set[byte(m.text, at)] and try(m, i + 1, at + 1)
    return stop or try(m, i + 1, at)
  end,
  one = function(m, i, at) return m.items[i].set[byte(m.text, at)] and try(m, i + 1, at + 1) end,
  stop = function(m, i, at) return at == #m.text + 1 and try(m, i + 1, at) end,
}

-- The n-th capture is from..stop, without `stop` an open one; undone where the rest does not match.
local function with_capture(m, i, at, n, from, stop)
  local before, size = m.captures[n], #m.captures
  m.captures[n] = { from, stop }
  local behind = try(m, i + 1, at)
  if not behind then m.captures[n] = n <= size and before or nil end
  return behind
end

function ops.open(m, i, at) return with_capture(m, i, at, #m.captures + 1, at) end

function ops.close(m, i, at)
  for n = #m.captures, 1, -1 do
    if not m.captures[n][2] then return with_capture(m, i, at, n, m.captures[n][1], at - 1) end
  end
  error "invalid pattern capture"
end

-- Behind the match of the items from the i-th on, or nil, false.
function try(m, i, at)
  local item = m.items[i]
  if not item then return at end
  return ops[item.op](m, i, at)
end

local function capture(m, n) return sub(m.text, m.captures[n][1], m.captures[n][2]) end

-- The captures, or `whole` without any.
local function captures(m, whole)
  if #m.captures == 0 then return whole end
  local out = {}
  for n = 1, #m.captures do out[n] = capture(m, n) end
  return unpack(out)
end

-- The first match from `at` on: where it begins, the byte behind it, and the captures' owner.
local function search(text, pattern, at)
  local is_anchored = sub(pattern, 1, 1) == "^"
  local m = { text = text, items = items_of(pattern, is_anchored and 2 or 1), captures = {} }
  repeat
    local stop = try(m, 1, at)
    if stop then return at, stop, m end
    at, m.captures = at + 1, {}
  until is_anchored or at > #text + 1
end

local function start(text, init)
  init = init or 1
  if init < 0 then return math.max(1, #text + init + 1) end
  return math.max(1, math.min(init, #text + 1))
end

local function find_plain(text, words, at)
  local step = 0
  for p = at, #text - #words + 1 do
    step = step + 1
    if sub(text, p, p + #words - 1) == words then return p, p + #words - 1 end
  end
end

function patterns.find(text, pattern, init, is_plain)
  if is_plain then return find_plain(text, tostring(pattern), start(text, init)) end
  local at, stop, m = search(text, pattern, start(text, init))
  if at then return at, stop - 1, captures(m) end
end

function patterns.match(text, pattern, init)
  local at, stop, m = search(text, pattern, start(text, init))
  if at then return captures(m, sub(text, at, stop - 1)) end
end

function patterns.gmatch(text, pattern)
  local at = 1
  return function()
    if at > #text + 1 then return nil end
    local from, stop, m = search(text, pattern, at)
    if not from then return nil end
    at = stop == from and stop + 1 or stop
    return captures(m, sub(text, from, stop - 1))
  end
end

-- What replaces a match.
local function replacement(m, whole, with)
  local value
  if type(with) == "function" then
    value = with(captures(m, whole))
  elseif type(with) == "table" then
    value = with[(captures(m, whole))]
  else
    value = real.gsub(with, "%%(.)", function(c)
      if c == "0" or (c == "1" and #m.captures == 0) then return whole end
      return real.find(c, "%d") and capture(m, tonumber(c)) or c
    end)
  end
  return value or whole
end

function patterns.gsub(text, pattern, with, most)
  local out, at, n = {}, 1, 0
  local is_anchored = sub(pattern, 1, 1) == "^"
  local m = { text = text, items = items_of(pattern, is_anchored and 2 or 1) }
  while n < (most or math.huge) do
    m.captures = {}
    local stop = try(m, 1, at)
    if stop then
      n = n + 1
      out[#out + 1] = replacement(m, sub(text, at, stop - 1), with)
    end
    if stop and stop > at then
      at = stop
    elseif at <= #text then
      out[#out + 1], at = sub(text, at, at), at + 1
    else
      break
    end
    if is_anchored then break end
  end
  out[#out + 1] = sub(text, at)
  return table.concat(out), n
end

return patterns
