--- grid: rows with the same keys, shown as a table with aligned columns.

local encoding = require "base.encoding"
local show = require "base.show"

local grid = {}

-- Rows with more columns or longer cells are no table.
local COLUMNS, CELL = 16, 24

function grid.is_finite(n) return n == n and math.abs(n) ~= math.huge end

--- A number with separators: 1,426,336.
function grid.grouped(n)
  local sign, digits, rest = show.number(n):match "^(%-?)(%d+)(.*)$"
  if not digits then return show.number(n) end
  return sign .. digits:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "") .. rest
end

--- A key as in a table constructor: name, [0], ["a b"].
function grid.key_text(key)
  if type(key) == "string" and key:match "^[%a_][%w_]*$" then return key end
  return "[" .. show.value(key, 60) .. "]"
end

-- The columns of the rows; nil where they have other keys or no plain cells. simple(value): a line's text, or nil.
local function columns_of(value, keys, simple)
  local first = #keys > 1 and rawget(value, keys[1])
  if type(first) ~= "table" or simple(first) then return nil end
  local columns = show.sorted_keys(first)
  if #columns == 0 or #columns > COLUMNS then return nil end
  for _, key in ipairs(keys) do
    local row, count = rawget(value, key), 0
    if type(row) ~= "table" or simple(row) then return nil end
    for column, cell in next, row do
      local kind = type(cell)
      count = count + 1
      if rawget(first, column) == nil or type(column) ~= "string" then return nil end
      if kind == "table" or kind == "function" or kind == "userdata" then return nil end
      if #show.value(cell, CELL + 20) > CELL then return nil end
    end
    if count ~= #columns then return nil end
  end
  return columns
end

local function cell_text(value)
  if type(value) == "number" then return grid.is_finite(value) and grid.grouped(value) or show.number(value) end
  return type(value) == "string" and encoding.scrub(value) or tostring(value)
end

-- Rows of cells, the columns' names above them.
local function cells_of(value, keys, columns)
  local rows = { { "", unpack(columns) } }
  for k, key in ipairs(keys) do
    local row = { grid.key_text(key) }
    for i, column in ipairs(columns) do row[i + 1] = cell_text(rawget(rawget(value, key), column)) end
    rows[k + 1] = row
  end
  return rows
end

local function turned(rows)
  local out = {}
  for i = 1, #rows[1] do
    out[i] = {}
    for k, row in ipairs(rows) do out[i][k] = row[i] end
  end
  return out
end

-- The rows as lines, numbers to the right; nil where a line is wider than `width`.
local function aligned(rows, width)
  local out = {}
  for i = 1, #rows[1] do
    local widest, is_number = 0, false
    for k, row in ipairs(rows) do
      widest = math.max(widest, encoding.count(row[i]))
      is_number = is_number or (i > 1 and k > 1 and row[i]:find "^%-?[%d,.]+$" ~= nil)
    end
    for k, row in ipairs(rows) do
      local pad = (" "):rep(widest - encoding.count(row[i]))
      out[k] = (i > 1 and out[k] .. "  " or "") .. (is_number and pad .. row[i] or row[i] .. pad)
    end
  end
  for k, line in ipairs(out) do
    out[k] = line:gsub(" +$", "")
    if encoding.count(out[k]) > width then return nil end
  end
  return out
end

--- The lines of a table of rows: a line for each row, or where that is too wide a column for each. nil where neither
--- fits, or the rows are no table.
function grid.lines(value, keys, width, simple)
  local columns = columns_of(value, keys, simple)
  if not columns then return nil end
  local rows = cells_of(value, keys, columns)
  return aligned(rows, width) or aligned(turned(rows), width)
end

return grid
