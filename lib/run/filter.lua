--- filter: the selected cases that the options -k, -t and -T leave.

local encoding = require "base.encoding"
local engine = require "engine"
local suggest = require "base.suggest"

local filter = {}

local function nothing(form, ...)
  return nil, engine.error { code = "NOTHING", op = "discover", what = form:format(...) }
end

--- These cases with only those cells whose name holds the text.
function filter.with_cell(items, text)
  for _, item in ipairs(items) do
    item.cell, item.name = text, ("%s:%s"):format(item.name, text)
  end
  return items
end

local function holding(items, text)
  local out = {}
  for _, item in ipairs(items) do
    if (item.plan .. "/" .. item.name):find(text, 1, true) then out[#out + 1] = item end
  end
  return out
end

-- The cases whose PLAN/NAME[ROW] holds the text; without any, "NAME:CELL" is a cell of those that hold NAME.
local function by_text(items, text)
  local out = holding(items, text)
  local front, cell = text:match "^([^:]*):(.+)$"
  if #out > 0 or not front then return out end
  return filter.with_cell(holding(items, front), cell)
end

local function has_one(list, words)
  for _, word in ipairs(list or {}) do
    for _, other in ipairs(words) do
      if word == other then return true end
    end
  end
  return false
end

-- Those with one of the tags, and without any of the others. The tags of a script that cannot be loaded are not known:
-- it stays.
local function by_tags(items, some, none)
  local out = {}
  for _, item in ipairs(items) do
    local is_wanted = #some == 0 or has_one(item.tags, some)
    if not item.tags or (is_wanted and not has_one(item.tags, none)) then out[#out + 1] = item end
  end
  return out
end

local function tags_of(items)
  local out, seen = {}, {}
  for _, item in ipairs(items) do
    for _, tag in ipairs(item.tags or {}) do
      if not seen[tag] then out[#out + 1] = tag end
      seen[tag] = true
    end
  end
  table.sort(out)
  return out
end

-- "-t smok -T slow".
local function tag_words(some, none)
  local out = {}
  for _, tag in ipairs(some) do out[#out + 1] = "-t " .. tag end
  for _, tag in ipairs(none) do out[#out + 1] = "-T " .. tag end
  return table.concat(out, " ")
end

local function label(item) return item.plan .. "/" .. item.name end

local function labels(items)
  local out = {}
  for i, item in ipairs(items) do out[i] = label(item) end
  return out
end

--- Those of the cases (discover.scenarios) that a filter leaves: { pattern = plain text that PLAN/NAME[ROW] must hold,
--- tags = a case has one of them, without = it has none of these }. Nil and an error, NOTHING, if it leaves none.
function filter.of(items, given)
  local some, none = given.tags or {}, given.without or {}
  local tagged = by_tags(items, some, none)
  if #tagged == 0 and #items > 0 then
    local known = tags_of(items)
    local words = #known > 0 and "their tags: " .. table.concat(known, ", ") or "they have no tags"
    return nothing("%s leaves none of %d cases%s; %s", tag_words(some, none), #items,
      suggest.hint(some[1] or "", known), words)
  end
  local out = given.pattern and by_text(tagged, encoding.shown(given.pattern)) or tagged
  if #out == 0 and #tagged > 0 then
    return nothing("-k %s matches none of %d cases%s", given.pattern, #tagged,
      suggest.hint(given.pattern, labels(tagged)))
  end
  return out
end

return filter
