--- report: `moonrig report`: report.html of a run that was, anew.

local engine = require "engine"
local page = require "report.page"
local bundle = require "verb.bundle"
local run_folder = require "results.run_folder"
local paths = require "base.paths"

local report = {}

local function write(word, o)
  local run, folder = run_folder.find(word, "report")
  local results = paths.read(folder .. "/results.json") or engine.json.encode(run)
  local file = o.file
  if bundle.is_unpacked(folder) then
    bundle.forget_files(run, folder)
    -- an archive's folder is gone with us
    if word ~= o.run then file = file or ("moonrig-%s.html"):format((folder:match("[^/]+$"):gsub("^moonrig%-", ""))) end
  end
  return page.write(run, folder, results, require("results.case_history").of(run, folder), file)
end

--- The verb. o: { run (a folder, its name, or a bundle's file), file }. Returns the exit status.
function report.main(o)
  print(bundle.within(o.run, function(word) return write(word, o) end))
  return 0
end

return report
