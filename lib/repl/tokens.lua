--- tokens: Lua source cut into tokens, as far as it is typed.

local tokens = {}

local ESCAPES = { n = "\n", t = "\t", r = "\r" }
local OPENS, CLOSES = { ["("] = true, ["{"] = true, ["["] = true }, { [")"] = true, ["}"] = true, ["]"] = true }

local PLAIN = { { "name", "^[%a_][%w_]*" }, { "number", "^0[xX]%x+" }, { "number", "^%d+%.?%d*[eE]?%d*" },
  { "op", "^%.%.%.?" }, { "op", "^[=~<>]=" }, { "op", "^." } }

-- "[[", "[=[": where what is in it begins and ends, and its last byte; the first alone where it is open.
local function long_text(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local from = at + #level + 2
  local last, stop = text:find("]" .. level .. "]", from, true)
  return from, last and last - 1, stop
end

-- The same of a string in quotes or brackets.
local function string_at(text, at)
  local quote, i = text:match("^[\"']", at), at + 1
  if not quote then return long_text(text, at) end
  while true do
    i = text:find("[\\" .. quote .. "]", i)
    if not i or text:byte(i) ~= 92 then return at + 1, i and i - 1, i end
    i = i + 2
  end
end

-- A comment's last byte, behind the text where it is open; nil where it is none.
local function comment_end(text, at)
  if text:sub(at, at + 1) ~= "--" then return nil end
  local from, _, stop = long_text(text, at + 2)
  return stop or not from and text:find("\n", at, true) or #text + 1
end

local function read_plain(text, at)
  for _, rule in ipairs(PLAIN) do
    local found = text:match(rule[2], at)
    if found then return { kind = rule[1], text = found, value = tonumber(found), at = at, to = at + #found - 1 } end
  end
end

-- Which bracket is open at each token (inside), which each closes (open) and is closed by (close): indices.
local function pair_brackets(list)
  for i, token in ipairs(list) do
    local text = token.kind == "op" and token.text
    token.inside = list.inside
    if OPENS[text] then list.inside = i end
    if CLOSES[text] and list.inside then
      token.open, list[list.inside].close = list.inside, i
      list.inside = list[list.inside].inside
    end
  end
  return list
end

--- The tokens of `text`, an array of { kind = "name", "number", "string" or "op", text, value, at, to, inside = the
--- innermost bracket that is open there, open and close = what a bracket closes and is closed by: indices }. The
--- array's own `inside` is for what comes next. Second value: { kind = "string" or "comment", from = its first byte
--- behind the quote }, where the text ends inside of one.
function tokens.read(text)
  local list, at = {}, text:find "%S"
  while at do
    local stop = comment_end(text, at)
    if not stop then
      local from, last
      from, last, stop = string_at(text, at)
      if from and not stop then return pair_brackets(list), { kind = "string", from = from } end
      local value = from and text:sub(from, last)
      if value and text:byte(at) ~= 91 then value = value:gsub("\\(.)", function(c) return ESCAPES[c] or c end) end
      local token = from and { kind = "string", value = value, at = at, to = stop } or read_plain(text, at)
      list[#list + 1], stop = token, token.to
    elseif stop > #text then
      return pair_brackets(list), { kind = "comment" }
    end
    at = text:find("%S", stop + 1)
  end
  return pair_brackets(list)
end

--- Is it this operator?
function tokens.is(token, text) return token ~= nil and token.kind == "op" and token.text == text end

return tokens
