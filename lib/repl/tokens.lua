--- tokens: Lua source, complete or not, cut into tokens.

local tokens = {}

local ESCAPES = { n = "\n", t = "\t", r = "\r" }
local OPENS, CLOSES = { ["("] = true, ["{"] = true, ["["] = true }, { [")"] = true, ["}"] = true, ["]"] = true }

local PLAIN = { { "name", "^[%a_][%w_]*" }, { "number", "^0[xX]%x+" }, { "number", "^%d+%.?%d*[eE]?%d*" },
  { "op", "^%.%.%.?" }, { "op", "^[=~<>]=" }, { "op", "^." } }

-- For "[[", "[=[": the first and last byte of the content, and the last of all; without an end only the first.
local function long_text(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local from = at + #level + 2
  local last, stop = text:find("]" .. level .. "]", from, true)
  return from, last and last - 1, stop
end

-- The same for a string in quotes or brackets.
local function string_at(text, at)
  local quote, i = text:match("^[\"']", at), at + 1
  if not quote then return long_text(text, at) end
  while true do
    i = text:find("[\\" .. quote .. "]", i)
    if not i or text:byte(i) ~= 92 then return at + 1, i and i - 1, i end
    i = i + 2
  end
end

-- The last byte of a comment, beyond the text where it is open; nil without a comment.
local function comment_end(text, at)
  if text:sub(at, at + 1) ~= "--" then return nil end
  local from, _, stop = long_text(text, at + 2)
  return stop or not from and text:find("\n", at, true) or #text + 1
end

local function read_plain(text, at)
  for _, rule in ipairs(PLAIN) do
    local found = text:match(rule[2], at)
    if found then return { kind = rule[1], text = found, value = tonumber(found), to = at + #found - 1 } end
  end
end

-- Adds a token. Sets `inside` (the bracket that is open there) and `close` (a bracket's partner): indices.
local function add(list, token)
  local text = token.kind == "op" and token.text
  list[#list + 1], token.inside = token, list.inside
  if OPENS[text] then list.inside = #list end
  if CLOSES[text] and list.inside then
    list[list.inside].close = #list
    list.inside = list[list.inside].inside
  end
end

--- The tokens of `text`, an array of { kind = "name", "number", "string" or "op", text, value, to, inside = the
--- innermost open bracket, close = its partner, of an opening one: indices }. The array's own `inside` is for the next
--- token. Second value: { kind = "string" or "comment", from = its first byte after the quote }, where the text ends in
--- one.
function tokens.read(text)
  local list, at = {}, text:find "%S"
  while at do
    local stop = comment_end(text, at)
    if not stop then
      local from, last
      from, last, stop = string_at(text, at)
      if from and not stop then return list, { kind = "string", from = from } end
      local value = from and text:sub(from, last)
      if value and text:byte(at) ~= 91 then value = value:gsub("\\(.)", function(c) return ESCAPES[c] or c end) end
      local token = from and { kind = "string", value = value, to = stop } or read_plain(text, at)
      add(list, token)
      stop = token.to
    elseif stop > #text then
      return list, { kind = "comment" }
    end
    at = text:find("%S", stop + 1)
  end
  return list
end

--- Is it this operator?
function tokens.is(token, text) return token ~= nil and token.kind == "op" and token.text == text end

return tokens
