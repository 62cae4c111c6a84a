--- past: a run that was, by what it left in its folder: which is meant, its cases, where each left its record.

local engine = require "engine"
local fail = require "fail"
local paths = require "paths"
local record = require "record"

local past = {}

local RESULTS = "results.json"

-- A case by its folder alone.
local function case_in(dir)
  local ok, rec = pcall(record.load, dir)
  if not ok then return nil end
  local plan, name = rec.told.spec.id:match "^(.*)/(.*)$"
  local result = engine.json.decode(paths.read(dir .. "/result.json") or "")
  if type(result) ~= "table" then result = { status = "ERROR", reason = "its worker left no result" } end
  return { plan = plan, name = name, dir = dir, file = rec.told.spec.file, status = result.status,
    reason = result.reason, seconds = result.seconds }
end

-- The run in a folder: its results; what its cases left, where its supervisor was killed before it wrote them; or the
-- one case whose folder it is. Nil where it is none of them.
local function run_in(folder, op)
  local text = paths.read(("%s/%s"):format(folder, RESULTS))
  local run = text and engine.json.decode(text)
  if type(run) == "table" and type(run.cases) == "table" then return run, folder end
  if text then fail.raise("EBADMSG", op, ("%s/%s is no run's"):format(folder, RESULTS)) end
  local one = case_in(folder)
  if one then return { cases = { one } }, folder .. "/.." end
  local cases, names = {}, engine.fs.list(folder) or {}
  table.sort(names)
  for _, name in ipairs(names) do cases[#cases + 1] = case_in(("%s/%s"):format(folder, name)) end
  if #cases > 0 then return { cases = cases }, folder end
end

--- The run that is meant by a path, or by a name below results/ (nil: the latest), and its folder. Raises, in the
--- name of `op`, where there is none.
function past.find(word, op)
  local base = paths.results()
  if not word then word = "latest" end
  for _, folder in ipairs { word, base .. "/" .. word } do
    local path = engine.fs.realpath(folder)
    local run, at = nil, nil
    if path then run, at = run_in(path, op) end
    if run then return run, at end
  end
  fail.raise("ENOENT", op, ("neither %s nor %s/%s is a run's folder: it has a %s"):format(word, base, word, RESULTS))
end

--- A case's PLAN/NAME.
function past.label(case) return ("%s/%s"):format(tostring(case.plan), tostring(case.name)) end

--- A run's cases whose PLAN/NAME holds `pattern` (nil: all). Raises where there are none.
function past.cases(run, pattern, folder, op)
  local out = {}
  for _, case in ipairs(run.cases) do
    if not pattern or past.label(case):find(pattern, 1, true) then out[#out + 1] = case end
  end
  if #out == 0 then fail.raise("NOTHING", op, ("no case of %s is selected"):format(folder)) end
  return out
end

--- A case's folder in its run's, which may have moved since; nil where it was not run.
function past.folder(case, folder)
  return type(case.dir) == "string" and ("%s/%s"):format(folder, case.dir:match "[^/]+$") or nil
end

return past
