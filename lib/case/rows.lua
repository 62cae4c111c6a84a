--- rows: the rows of a scenario (`each` in its header): a list of rows, or each combination of named lists. A row is a
--- case.

local fail = require "base.fail"
local kind = require "base.kind"
local show = require "base.show"
local slug = require "base.slug"
local suggest = require "base.suggest"

local rows = {}

-- More rows are a mistake; a longer name makes paths too long.
local MOST, LONGEST = 1000, 80

-- The fields of a row that belong to its case's header, and their kinds. All others are the scenario's own.
local HEADER = { name = "text", needs = "words", timeout = "span", known_issue = "table|string", tags = "words",
  plan = "text", case = "text" }

local function refuse(form, ...) fail.misuse("rig.case: each: " .. form, ...) end

-- A value in a row's name: "split", "queues8", "packed", "no_packed"; nil: it has none.
local function word_of(key, value)
  if type(value) == "boolean" then return value and key or "no_" .. key end
  if type(value) == "number" then return key .. show.number(value) end
  if type(value) == "table" then value = rawget(value, "name") end
  return type(value) == "string" and value or nil
end

local function words_of(row, keys)
  local out = {}
  for _, key in ipairs(keys) do out[#out + 1] = word_of(key, row[key]) end
  return table.concat(out, "-")
end

-- The fields of a row that are the scenario's own, sorted.
local function own_keys(row)
  local out = {}
  for _, key in ipairs(show.sorted_keys(row)) do
    if type(key) == "string" and not HEADER[key] then out[#out + 1] = key end
  end
  return out
end

-- The name of the n-th row; `keys`: the fields that make it.
local function name_of(n, row, keys)
  local text = type(row) ~= "table" and show.value(row) or row.name or words_of(row, keys or own_keys(row))
  if type(row) == "string" then text = row end
  local name = slug.of(text)
  if name == "" then refuse("row %d has no name: give it name = \"...\", in letters and digits", n) end
  if #name > LONGEST then
    refuse("row %d: its name has %d characters, the most are %d: give it a shorter name = \"...\"", n, #name, LONGEST)
  end
  return name
end

local function check_header(name, row)
  for key, kinds in pairs(HEADER) do
    if row[key] ~= nil and not kind.fits(row[key], kinds) then
      refuse("row %s: %s: %s", name, key, kind.refusal(row[key], kinds))
    end
  end
end

local function copy(row)
  if type(row) ~= "table" then return row end
  local out = {}
  for key, value in pairs(row) do out[key] = value end
  return out
end

-- ---- a list ----

local function list_of(each)
  local out = {}
  for i, row in ipairs(each) do
    if not kind.fits(row, "table|text|number") then
      refuse("row %d: %s", i, kind.refusal(row, "table|text|number"))
    end
    out[i] = copy(row)
  end
  return out
end

-- ---- named lists ----

local function check_list(key, values, keys)
  if HEADER[key] then
    refuse("%s is a field of a row and no list of values: set it in where = function(row) ... end", key)
  end
  if not kind.fits(values, "table") or #values == 0 then
    local hint = type(values) == "function" and suggest.hint(key, { "where" }) or ""
    refuse("%s: expected a list of values, as in %s = { 1, 8 }, got %s%s", key, key, kind.given(values), hint)
  end
  local count = 0
  for _ in pairs(values) do count = count + 1 end
  if count ~= #values then refuse("%s: expected a list of values without names and gaps", key) end
  for i, value in ipairs(values) do
    if not word_of(key, value) then
      refuse("%s: value %d: expected a string, a number, a boolean, or a table with a name, got %s", key, i,
        kind.given(value))
    end
  end
  keys[#keys + 1] = key
end

-- Each combination; the last list changes fastest.
local function product_of(each, keys)
  local out = { {} }
  for _, key in ipairs(keys) do
    local longer = {}
    if #out * #each[key] > MOST * MOST then refuse("its lists have more than %d combinations", MOST * MOST) end
    for _, row in ipairs(out) do
      for _, value in ipairs(each[key]) do
        local more = copy(row)
        more[key] = value
        longer[#longer + 1] = more
      end
    end
    out = longer
  end
  return out
end

-- The rows before the filter; for named lists also the keys that make the rows' names.
local function all_of(each)
  local names, keys = {}, {}
  for _, key in ipairs(show.sorted_keys(each)) do
    if type(key) ~= "number" and key ~= "where" then names[#names + 1] = key end
  end
  if #each > 0 and #names > 0 then
    refuse("expected a list of rows or named lists, not both: %s stands beside row 1", tostring(names[1]))
  end
  if #each > 0 then return list_of(each) end
  if #names == 0 then refuse "expected a list of rows, or named lists as in { queues = { 1, 8 } }; it is empty" end
  for _, key in ipairs(names) do
    if type(key) ~= "string" then refuse("expected named lists, got a key %s", show.value(key)) end
    check_list(key, each[key], keys)
  end
  return product_of(each, keys), keys
end

-- Those that where(row) keeps. It may add fields to a row.
local function filtered(all, where)
  if where == nil then return all end
  if type(where) ~= "function" then refuse("where: %s", kind.refusal(where, "function")) end
  local out = {}
  for _, row in ipairs(all) do
    if where(row) then out[#out + 1] = row end
  end
  if #out == 0 then refuse("where(row) leaves none of %d rows", #all) end
  return out
end

--- The rows of a header's `each`: array of { name, value = what run(t, row) gets }. Raises for bad ones and for two of
--- one name.
function rows.of(each)
  local all, keys = all_of(each)
  local out, taken = {}, {}
  for i, row in ipairs(filtered(all, each.where)) do
    local is_table = type(row) == "table"
    if is_table then check_header(tostring(row.name or i), row) end
    local name = name_of(i, row, keys)
    if taken[name] then
      refuse("rows %d and %d are both named %s: give one name = \"...\"", taken[name], i, name)
    end
    if is_table then row.name = row.name or name end
    taken[name], out[i] = i, { name = name, value = row }
  end
  if #out > MOST then refuse("it makes %d rows, the most are %d", #out, MOST) end
  return out
end

return rows
