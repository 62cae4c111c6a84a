--- page_verb: `moonrig report`: report.html of a run that was, anew.

local engine = require "engine"
local page = require "page"
local parcel = require "parcel"
local past = require "past"
local paths = require "paths"

local page_verb = {}

local function write(word, o)
  local run, folder = past.find(word, "report")
  local results = paths.read(folder .. "/results.json") or engine.json.encode(run)
  local file = o.file
  if parcel.is_unpacked(folder) then
    parcel.forget_files(run, folder)
    -- an archive's folder is gone with us
    if word ~= o.run then file = file or ("moonrig-%s.html"):format((folder:match("[^/]+$"):gsub("^moonrig%-", ""))) end
  end
  return page.write(run, folder, results, require("course").of(run, folder), file)
end

--- The verb. o: { run (a folder, its name, or a bundle's file), file }. Returns the exit status.
function page_verb.main(o)
  print(parcel.within(o.run, function(word) return write(word, o) end))
  return 0
end

return page_verb
