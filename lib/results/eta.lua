--- eta: how long a case takes, as a rule, by the history (lib/results/history_db.lua), or by the runs' folders where
--- that cannot be read; and a step of the setup, by what it took the last time.

local engine = require "engine"
local paths = require "base.paths"
local duration_stats = require "results.duration_stats"
local run_store = require "results.run_store"
local verdicts = require "base.verdicts"

local eta = {}

-- So many runs are looked into, for so many times that the case ended as it should.
local RUNS, TIMES = 20, 5
-- A result with a million checks costs more to read than its time is worth.
local LONGEST = 4 * 2 ^ 20

local function runs_in(base)
  local ids = {}
  for _, name in ipairs(engine.fs.list(base) or {}) do
    if run_store.is_id(name) then ids[#ids + 1] = name end
  end
  table.sort(ids, function(a, b) return run_store.is_before(b, a) end)
  return ids
end

local function seconds_of(path)
  local st = engine.fs.stat(path)
  if not st or st.size > LONGEST then return nil end
  local result = engine.json.decode(paths.read(path) or "")
  return type(result) == "table" and verdicts.of(result.status).is_timed and tonumber(result.seconds) or nil
end

-- Without the history: by the folders of the last runs.
local function of_folders(base, name)
  local ids, found = runs_in(base), {}
  for i = 1, math.min(RUNS, #ids) do
    found[#found + 1] = seconds_of(("%s/%s/%s/result.json"):format(base, ids[i], name))
    if #found == TIMES then break end
  end
  return duration_stats.median(found)
end

--- What knows how long cases take, of the runs below a folder: seconds(case) for { plan, name }, a number or nil. Each
--- case is looked for once, when it is asked for first; that takes milliseconds.
function eta.new(base)
  local self, known = {}, {}
  function self.seconds(case)
    local name = ("%s.%s"):format(case.plan, case.name)
    if known[name] == nil then
      local is_told, seconds = require("results.history_db").expect(base, case.plan, case.name)
      if not is_told then seconds = of_folders(base, name) end
      known[name] = seconds or false
    end
    return known[name] or nil
  end
  return self
end

--- The same for the steps of the setup, in a file: seconds(name), and keep(name, seconds).
function eta.steps(file)
  local self = {}
  local function read()
    local known = engine.json.decode(paths.read(file) or "")
    return type(known) == "table" and known or {}
  end
  function self.seconds(name) return tonumber(read()[name]) end
  -- without a place to keep it nothing is known the next time
  function self.keep(name, seconds)
    local known = read()
    known[name] = seconds
    pcall(paths.write, file, engine.json.encode(known))
  end
  return self
end

return eta
