--- last_failed: which cases did not pass in their last run.

local engine = require "engine"
local history_db = require "results.history_db"
local paths = require "base.paths"
local verdicts = require "base.verdicts"

local last_failed = {}

-- Of its last run, which may have it several times.
local COUNT = 10000

--- Did a case (its verdicts, the oldest first) not pass in its last run? A skip and a known issue are no failures.
function last_failed.is_bad(rows)
  local last = rows[#rows]
  for i = #rows, 1, -1 do
    if rows[i].run ~= last.run then return false end
    if verdicts.of(rows[i].status).exit ~= 0 then return true end
  end
  return false
end

local function filtered(book, items)
  book:update()
  local out, known = {}, 0
  for _, item in ipairs(items) do
    local rows = book:verdicts(item.plan, item.name, COUNT)
    if #rows > 0 then known = known + 1 end
    if last_failed.is_bad(rows) then out[#out + 1] = item end
  end
  return out, known
end

local function nothing(words)
  return nil, engine.error { code = "NOTHING", op = "run", what = words }
end

--- The items (discover.scenarios) that did not pass in their last run into the folder `base` (default: results/). Nil
--- and an error with the code NOTHING without any.
function last_failed.select(items, base)
  base = base or (paths.results())
  if not engine.fs.stat(base) then return nothing("--last-failed: nothing was run yet: there is no " .. base) end
  local book = history_db.open(base)
  local ok, out, known = pcall(filtered, book, items)
  book:close()
  if not ok then error(out, 0) end
  if #out > 0 then return out end
  if known == 0 then
    return nothing(("--last-failed: none of %d cases has run yet, as %s tells"):format(#items, base))
  end
  return nothing(("--last-failed: each of %d cases passed in its last run, as %s tells"):format(known, base))
end

return last_failed
