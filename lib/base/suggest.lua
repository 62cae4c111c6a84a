--- suggest: the most similar names, for "did you mean".

local suggest = {}

-- The cost grows with the product of the lengths.
local LONGEST = 64

--- The insertions, deletions, changes and swaps of neighbours that turn `a` into `b`, of their first 64 bytes.
function suggest.distance(a, b)
  a, b = a:sub(1, LONGEST), b:sub(1, LONGEST)
  local before, last, row = {}, {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + 1)
      end
      row[j] = best
    end
    before, last, row = last, row, before
  end
  return last[#b]
end

-- Smaller is more similar. A name that starts with the word completes it; one may have it as a part: mtu, host_mtu.
local function score(word, name)
  if word == name then return 0 end
  local low_word, low_name = word:lower(), name:lower()
  if #word > 2 and low_name:sub(1, #word) == low_word then return 0.5 end
  if ("_" .. low_name .. "_"):find("_" .. low_word .. "_", 1, true) then return 0.75 end
  return suggest.distance(low_word, low_name)
end

--- Up to `max` (default 3) of `names` that resemble `word`, the best first, ties by name. A name does not count if more
--- than a third of the word would have to change.
function suggest.list(word, names, max)
  local found, limit = {}, math.floor(math.min(#word, LONGEST) / 3) + 1
  for _, name in ipairs(names) do
    local points = score(word, name)
    if points <= limit and points < #name then found[#found + 1] = { name = name, points = points } end
  end
  table.sort(found, function(a, b)
    if a.points ~= b.points then return a.points < b.points end
    return a.name < b.name
  end)
  local out = {}
  for i = 1, math.min(max or 3, #found) do out[i] = found[i].name end
  return out
end

--- The most similar of `names`, or nil.
function suggest.best(word, names) return suggest.list(word, names, 1)[1] end

-- Of a long list of names so many are shown.
local SHOWN = 20

--- "a, b, c": the first names of a list, and how many more there are.
function suggest.some(names)
  local words = table.concat(names, ", ", 1, math.min(#names, SHOWN))
  return #names > SHOWN and ("%s, and %d more"):format(words, #names - SHOWN) or words
end

--- " (did you mean X?)" for the end of a message, "" without a similar name or where `word` is one of them.
function suggest.hint(word, names)
  local list = suggest.list(word, names)
  if #list == 0 or list[1] == word then return "" end
  return " (did you mean " .. table.concat(list, " or ") .. "?)"
end

return suggest
