--- tokens: Lua source cut into tokens, as far as it is typed.

local tokens = {}

local ESCAPES = { n = "\n", t = "\t", r = "\r" }

local function unescape(text)
  return (text:gsub("\\(.)", function(c) return ESCAPES[c] or c end))
end

-- The end of a string that begins at `at` with a quote; nil where it is not there yet.
local function quoted_end(text, at)
  local quote, i = text:sub(at, at), at + 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == quote then return i end
    i = c == "\\" and i + 2 or i + 1
  end
end

-- "[[", "[=[": returns where what is in it begins and ends, and its last byte; the first alone where it is open.
local function long_text(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local from = at + #level + 2
  local last, stop = text:find("]" .. level .. "]", from, true)
  if not last then return from end
  return from, last - 1, stop
end

-- A comment's last byte; nil where it is no comment, #text + 1 where it is open.
local function comment_end(text, at)
  if text:sub(at, at + 1) ~= "--" then return nil end
  local from, _, stop = long_text(text, at + 2)
  if from then return stop or #text + 1 end
  local line = text:find("\n", at, true)
  return line or #text + 1
end

local function read_string(text, at)
  if text:find("^[\"']", at) then
    local stop = quoted_end(text, at)
    return stop and { kind = "string", value = unescape(text:sub(at + 1, stop - 1)), to = stop }, at + 1
  end
  local from, last, stop = long_text(text, at)
  return stop and { kind = "string", value = text:sub(from, last), to = stop }, from
end

local function read_other(text, at)
  local name = text:match("^[%a_][%w_]*", at)
  if name then return { kind = "name", text = name, to = at + #name - 1 } end
  local number = text:match("^0[xX]%x+", at) or text:match("^%d+%.?%d*[eE]?%d*", at)
  if number then return { kind = "number", value = tonumber(number), text = number, to = at + #number - 1 } end
  local op = text:match("^%.%.%.?", at) or text:match("^[=~<>]=", at) or text:sub(at, at)
  return { kind = "op", text = op, to = at + #op - 1 }
end

--- The tokens of `text`, an array of { kind = "name", "number", "string" or "op", text, value, at, to }. Second value:
--- where it ends inside of something: { kind = "string" or "comment", from = its first byte behind the quote }.
function tokens.read(text)
  local out, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return out end
    local stop = comment_end(text, at)
    if stop then
      if stop > #text then return out, { kind = "comment" } end
      at = stop + 1
    else
      local token, from = read_string(text, at)
      if from and not token then return out, { kind = "string", from = from } end
      token = token or read_other(text, at)
      token.at, at = at, token.to + 1
      out[#out + 1] = token
    end
  end
end

local OPENS, CLOSES = { ["("] = ")", ["{"] = "}", ["["] = "]" }, { [")"] = "(", ["}"] = "{", ["]"] = "[" }

--- The index of the bracket that closes the one at `i`, before token `last`; nil where none does.
function tokens.closing(list, i, last)
  local depth = 0
  for k = i, last or #list do
    local text = list[k].kind == "op" and list[k].text
    if OPENS[text] then depth = depth + 1 end
    if CLOSES[text] then depth = depth - 1 end
    if depth == 0 then return k end
  end
end

--- The index of the bracket that the one at `i` closes.
function tokens.opening(list, i)
  local depth = 0
  for k = i, 1, -1 do
    local text = list[k].kind == "op" and list[k].text
    if CLOSES[text] then depth = depth + 1 end
    if OPENS[text] then depth = depth - 1 end
    if depth == 0 then return k end
  end
end

--- The index of the innermost bracket that is still open at token `i` (not counted); nil where none is.
function tokens.innermost(list, i)
  local depth = 0
  for k = i - 1, 1, -1 do
    local text = list[k].kind == "op" and list[k].text
    if CLOSES[text] then depth = depth + 1 end
    if OPENS[text] then
      if depth == 0 then return k end
      depth = depth - 1
    end
  end
end

return tokens
