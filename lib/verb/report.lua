--- report: `moonrig report`: writes a run's report.html again.

local page = require "report.page"
local bundle = require "report.bundle"
local run_folder = require "results.run_folder"

local function write(word, o)
  local run, folder = run_folder.find(word, "report")
  local file = o.file
  if bundle.is_unpacked(folder) then
    bundle.forget_files(run, folder)
    -- the unpacked folder is removed at exit
    if word ~= o.run then file = file or ("moonrig-%s.html"):format((folder:match("[^/]+$"):gsub("^moonrig%-", ""))) end
  end
  return page.write(run, folder, require("results.case_history").of(run, folder), file)
end

local function options(command)
  command:argument("run", "As for replay."):args "?"
  command:option("-f --file",
    "The page (default: report.html in the run's folder; of a bundle, moonrig-RUN.html here)."):argname "<file>"
end

local function main(o)
  print(bundle.within(o.run, function(word) return write(word, o) end))
  return 0
end

return { order = 10, main = main, options = options,
  words = "Write a run's report.html, the run on one page for a browser, and print its path." }
