--- eta: the expected seconds of a case, from history.db or from the last run folders; and of a step of the setup.

local engine = require "engine"
local paths = require "base.paths"
local run_folder = require "results.run_folder"
local run_store = require "results.run_store"
local verdicts = require "base.verdicts"

local eta = {}

-- Without a history: so many passes are enough, of so many runs at most.
local PASSES, RUNS = 5, 20
-- A larger result.json (a million checks) takes longer to read than its time is worth.
local LONGEST = 4 * 2 ^ 20
-- A run on a terminal starts that much later at most, while new runs are added to the history.
local UPDATE_SECONDS = 0.05

-- Nil where the history cannot be read, or has not all runs.
local function of_history(base, case)
  -- required here: a run that shows no times loads no database
  local ok, seconds = pcall(require("results.history_db").use, base, UPDATE_SECONDS, function(history, left)
    return left == 0 and history:expect(case.plan, case.name) or nil
  end)
  return ok and seconds or nil
end

local function seconds_of(path)
  local st = engine.fs.stat(path)
  if not st or st.size > LONGEST then return nil end
  local result = paths.read_table(path)
  return result and verdicts.of(result.status).is_timed and tonumber(result.seconds) or nil
end

local function of_folders(base, name)
  local ids, found = run_store.list(base), {}
  for i = #ids, math.max(1, #ids - RUNS + 1), -1 do
    found[#found + 1] = seconds_of(("%s/%s/%s/result.json"):format(base, ids[i], name))
    if #found == PASSES then break end
  end
  return require("results.duration_stats").median(found)
end

--- The times of cases in the runs below a folder: seconds(case) for { plan, name } returns a number or nil. The first
--- call for a case reads files, which takes milliseconds.
function eta.new(base)
  local self, known = {}, {}
  function self.seconds(case)
    local name = run_folder.name_of(case)
    if known[name] == nil then known[name] = of_history(base, case) or of_folders(base, name) or false end
    return known[name] or nil
  end
  return self
end

--- The same for the steps of the setup, in a file: seconds(name), and save(name, seconds).
function eta.steps(file)
  local self = {}
  local function read() return paths.read_table(file) or {} end
  function self.seconds(name) return tonumber(read()[name]) end
  -- a file that cannot be written costs only the estimate of the next setup
  function self.save(name, seconds)
    local known = read()
    known[name] = seconds
    pcall(paths.write, file, engine.json.encode(known))
  end
  return self
end

return eta
