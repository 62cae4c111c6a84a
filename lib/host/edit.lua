--- edit: changes of source files, declared as data; one that does not fit is an error.
---
--- An edit (vm/examples.lua has them) changes one line: { file = name for messages, lines_old = { alternative plain
--- texts in the line }, line_new = false (delete the line) or the replacements, in the order of lines_old; already =
--- { Lua patterns over the whole file } or nil: a match proves that no edit is needed; why = text }.

local suggest = require "base.suggest"

local edit = {}

local KEYS = { file = true, lines_old = true, line_new = true, already = true, why = true }

local function plain(line) return (line:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")) end

local function is_texts(list, count)
  if type(list) ~= "table" or #list == 0 or (count and #list ~= count) then return false end
  for _, text in ipairs(list) do
    if type(text) ~= "string" or text == "" then return false end
  end
  return true
end

local function check_shape(e, index)
  for key in pairs(e) do
    if not KEYS[key] then error(("edit %d: unknown key %s"):format(index, tostring(key)), 0) end
  end
  local good = type(e.file) == "string" and is_texts(e.lines_old)
    and (e.line_new == false or is_texts(e.line_new, #e.lines_old)) and (not e.already or is_texts(e.already))
  if not good then error(("edit %d: file, lines_old, line_new or already is missing or bad"):format(index), 0) end
  for old, text in ipairs(e.lines_old) do
    -- a second run would apply it again
    if e.line_new and e.line_new[old]:find(text, 1, true) then
      error(("edit %d: the new text holds the old one: %s"):format(index, text), 0)
    end
  end
end

-- Array of { text, stop }; stop is the line's end as it was: joined again they are `text`.
local function split(text)
  local out = {}
  for line, stop in text:gmatch("([^\r\n]*)(\r?\n?)") do
    if line ~= "" or stop ~= "" then out[#out + 1] = { text = line, stop = stop } end
  end
  return out
end

local function join(rows)
  local out = {}
  for _, row in ipairs(rows) do out[#out + 1] = row.text .. row.stop end
  return table.concat(out)
end

-- The places of the old texts: an array of { number = line, old = index in lines_old, at = byte }. A line with several
-- of them counts once, a text that is in a line twice counts twice.
local function places_of(rows, e)
  local found = {}
  for number, row in ipairs(rows) do
    for old, text in ipairs(e.lines_old) do
      local at, stop = row.text:find(text, 1, true)
      if at then
        found[#found + 1] = { number = number, old = old, at = at }
        if row.text:find(text, stop + 1, true) then found[#found + 1] = { number = number, old = old, at = at } end
        break
      end
    end
  end
  return found
end

-- The line at which a pattern of `already` starts to match, or nil.
local function already_at(rows, e)
  local text = join(rows)
  for _, pattern in ipairs(e.already or {}) do
    local at = text:find(pattern)
    if at then return select(2, text:sub(1, at - 1):gsub("\n", "")) + 1 end
  end
end

-- The line that resembles an old one most, for the message.
local function nearest_line(rows, e)
  local best, best_points = 1, math.huge
  for _, old in ipairs(e.lines_old) do
    for number, row in ipairs(rows) do
      local points = suggest.distance(plain(old), plain(row.text))
      if points < best_points then best, best_points = number, points end
    end
  end
  return best
end

local Misfit = {}
Misfit.__tostring = function(err) return err.what end

local function misfit(e, number, why)
  local what = ("%s:%d: edit does not fit: %s"):format(e.file, number, why)
  return nil, setmetatable({ code = "EDIT", op = "edit.apply", file = e.file, line = number,
    what = what, tail = e.why }, Misfit)
end

local function replace(rows, e, place)
  if not e.line_new then return table.remove(rows, place.number) end
  local row, old = rows[place.number], e.lines_old[place.old]
  row.text = row.text:sub(1, place.at - 1) .. e.line_new[place.old] .. row.text:sub(place.at + #old)
end

local function apply_one(rows, e)
  local found = places_of(rows, e)
  if #found > 1 then
    return misfit(e, found[2].number, ("%q is there %d times"):format(e.lines_old[found[1].old], #found))
  end
  if #found == 1 then
    replace(rows, e, found[1])
    return { edit = e, outcome = "applied", line = found[1].number }
  end
  -- only now: a pattern that matches elsewhere must not hide an old line
  local there = already_at(rows, e)
  if there then return { edit = e, outcome = "already", line = there } end
  local number = nearest_line(rows, e)
  local row = rows[number]
  return misfit(e, number, ("no line with %q; nearest is %q"):format(plain(e.lines_old[1]),
    row and plain(row.text) or ""))
end

--- Applies `edits` to `text`, in order. Returns the new text and an array of { edit, outcome = "applied" | "already",
--- line = the number before the edit }; or nil and an error object (code "EDIT", file, line), "file:LINE: edit does not
--- fit: ...". If two lines fit, none is changed. All or nothing; an edit of the wrong shape raises.
function edit.apply(text, edits)
  local rows, report = split(text), {}
  for index, e in ipairs(edits) do
    check_shape(e, index)
    local done, err = apply_one(rows, e)
    if not done then return nil, err end
    report[#report + 1] = done
  end
  return join(rows), report
end

return edit
