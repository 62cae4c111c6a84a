--- offer: Tab at the terminal: completes a word, or lists the candidates.

local encoding = require "base.encoding"
local engine = require "engine"

local offer = {}

local GAP = 2

-- The common beginning, cut between characters.
local function common(list)
  local first, n = list[1], #list[1]
  for _, text in ipairs(list) do
    while text:sub(1, n) ~= first:sub(1, n) do n = n - 1 end
  end
  while first:find("^[\128-\191]", n + 1) do n = n - 1 end
  return first:sub(1, n)
end

--- Words in columns, from top to bottom: at most `height` lines of `width` columns. The last line counts the words that
--- do not fit.
function offer.columns(words, width, height)
  local each = 1
  for _, word in ipairs(words) do each = math.max(each, encoding.count(word)) end
  each = each + GAP
  local columns = math.max(1, math.floor((width + GAP) / each))
  local lines, shown, out = math.ceil(#words / columns), #words, {}
  if lines > height then
    lines = math.max(1, height - 1)
    shown = lines * columns
  end
  for i = 1, shown do
    local line, word = (i - 1) % lines + 1, words[i]
    local padding = i + lines <= shown and (" "):rep(each - encoding.count(word)) or ""
    out[line] = (out[line] or "") .. word .. padding
  end
  if shown < #words then out[#out + 1] = ("and %d more"):format(#words - shown) end
  return table.concat(out, "\n") .. "\n"
end

--- The answer of engine.readline's `complete`, from found = { from, candidates }: the common beginning, and after a
--- second Tab a list. nil without candidates.
function offer.answer(found, line, cursor, again)
  local list, typed = found.candidates, line:sub(found.from, cursor)
  if #list == 0 or found.from < 1 then return nil end
  local text, is_open = common(list), #list > 1
  -- candidates may share less than the typed text
  if is_open and #text < #typed then text = typed end
  local answer = { from = found.from, text = text, is_open = is_open }
  if is_open and again and text == typed then
    local width, height = engine.terminal_size()
    answer.list = offer.columns(list, width or 80, math.max((height or 24) - 2, 1))
  end
  return answer
end

return offer
