--- product: the runs of one command with several --dpdk or --qemu: one for each combination. Each run has in its
--- results `combination`: `of`, the id of the first one; `index`, its own place; `all`, what is under test in each.

local paths = require "base.paths"
local run_store = require "results.run_store"

local product = {}

-- results.json begins with what it is of: the others' cases need not be read.
local HEAD_BYTES = 16384

--- The place of a run's `combination` in its product, "2 of 3"; nil without one.
function product.place(combination)
  local own = type(combination) == "table" and combination or {}
  if type(own.index) == "number" and type(own.all) == "table" then
    return ("%.0f of %d"):format(own.index, #own.all)
  end
end

local function head_of(folder) return paths.read_part(("%s/%s"):format(folder, run_store.RESULTS), HEAD_BYTES, true) end

--- The id of the latest run below `base` that is one of several; nil without one.
function product.latest(base)
  local list = run_store.list(base)
  for i = #list, 1, -1 do
    local head = head_of(("%s/%s"):format(base, list[i]))
    if head and head:find('\n  "combination": {', 1, true) then return list[i] end
  end
end

-- The results of a run below `base`, if it is of this product.
local function member(base, id, of)
  local folder = ("%s/%s"):format(base, id)
  local head = head_of(folder)
  if not head or not head:find(('"of": "%s"'):format(of), 1, true) then return nil end
  local run = run_store.read(folder)
  local own = run and run.combination
  return type(own) == "table" and own.of == of and type(own.index) == "number" and run or nil
end

-- Adds the product's other runs in `base`, and the names of their folders. A run of it is not older than its first one.
local function add_others(runs, ids, base, combination)
  local missing = #combination.all - 1
  for _, id in ipairs(run_store.list(base)) do
    if missing == 0 then return end
    local run = not run_store.is_before(id, combination.of) and member(base, id, combination.of)
    local index = run and run.combination.index
    if run and not runs[index] then runs[index], ids[index], missing = run, id, missing - 1 end
  end
end

-- results.json may be of anybody.
local function is_combination(own)
  return type(own) == "table" and type(own.of) == "string" and run_store.is_id(own.of) and type(own.all) == "table"
    and type(own.all[own.index]) == "table"
end

--- The runs of a run's product, in the order of their combinations, and the names of their folders by number; nil for a
--- run of its own. `folder`: the run's. One without results (it did not happen, or its results were removed) is {
--- is_missing = true, cases = {}, under_test }.
function product.runs(run, folder)
  local own = run.combination
  local base, id = folder:match "^(.*)/([^/]+)$"
  -- a renamed folder and a bundle's are away from the others
  if not is_combination(own) or not base or not run_store.is_id(id) then return nil end
  local runs, ids = { [own.index] = run }, { [own.index] = id }
  add_others(runs, ids, base, own)
  for i, places in ipairs(own.all) do
    runs[i] = runs[i] or { is_missing = true, cases = {}, under_test = places }
  end
  return runs, ids
end

return product
