--- run_folder: the folder of a finished run: found by a word of the command line, its cases and their folders.

local encoding = require "base.encoding"
local engine = require "engine"
local fail = require "base.fail"
local run_store = require "results.run_store"
local paths = require "base.paths"
local slug = require "base.slug"

local run_folder = {}

--- The run of a path, or of a name below `base` (default: results/; nil: the latest), and its folder. A case's folder
--- is a run of that case. Raises, in the name of `op`, where there is none.
function run_folder.find(word, op, base)
  base = base or (paths.results())
  word = word or "latest"
  for _, folder in ipairs { word, base .. "/" .. word } do
    local path = engine.fs.realpath(folder)
    local run, at
    if path then run, at = run_store.read_any(path, op) end
    if run then return run, at end
  end
  fail.raise("USAGE", op, ("no run: neither %s nor %s/%s has a %s; `moonrig results` lists the runs"):format(word,
    base, word, run_store.RESULTS))
end

--- The name of a case's folder: "paths[split]:rx ring" of the plan "vm" is "vm.paths.split.rx_ring".
function run_folder.name_of(case)
  local script, rest = tostring(case.name):match "^([^%[:]*)(.*)$"
  local parts = { tostring(case.plan), script }
  for part in rest:gmatch "[^%[%]:]+" do parts[#parts + 1] = slug.of(part) end
  local name = table.concat(parts, ".")
  -- a file's name has 255 bytes at most, a character up to four, and a number may follow
  return #name > 200 and encoding.cut(name, 50) or name
end

--- A case's PLAN/NAME, with its row and cell: PLAN/NAME[ROW]:CELL.
function run_folder.label(case) return ("%s/%s"):format(tostring(case.plan), tostring(case.name)) end

--- The cases whose PLAN/NAME holds the text `pattern` (nil: all). Raises where there are none.
function run_folder.cases(run, pattern, folder, op)
  local out = {}
  for _, case in ipairs(run.cases) do
    if not pattern or run_folder.label(case):find(pattern, 1, true) then out[#out + 1] = case end
  end
  if #out == 0 then fail.raise("NOTHING", op, pattern and ("-k %s matches no case of %s"):format(pattern, folder)
    or folder .. " has no cases") end
  return out
end

--- A case's folder in its run's folder, which may have moved since the run. Nil: the case was not run.
function run_folder.folder(case, folder)
  return type(case.dir) == "string" and ("%s/%s"):format(folder, case.dir:match "[^/]+$") or nil
end

--- Adds the option -o to a verb that reads runs.
function run_folder.add_base(command)
  command:option("-o", "Folder of results (default: results/)."):target "out":argname "<dir>"
end

return run_folder
