--- bundle: `moonrig bundle`: an archive of a run.

local bundle = require "report.bundle"
local engine = require "engine"
local fail = require "base.fail"
local run_folder = require "results.run_folder"

local function options(command)
  command:argument("run", "As for replay."):args "?"
  command:option("-f --file", "The archive (default: moonrig-RUN.tar.gz here)."):argname "<file>"
  run_folder.add_base(command)
end

local function main(o)
  local run, folder = run_folder.find(o.run, "bundle", o.out)
  if folder:find "/%.%.$" or not run.id then
    fail.raise("EINVAL", "bundle", ("%s is a case's folder: give the folder of a whole run"):format(tostring(o.run)))
  end
  local id = folder:match "[^/]+$"
  local file = o.file or ("moonrig-%s.tar.gz"):format((id:gsub("^moonrig%-", "")))
  local left = bundle.pack(folder, id, file)
  for _, words in ipairs(left) do print("left out: " .. words) end
  print(("%s, %.1f MiB: names of this machine and its user, home folders, keys and addresses are redacted; check it "
    .. "before you send it"):format(file, engine.fs.stat(file).size / 2 ^ 20))
  return 0
end

return { order = 8, main = main, options = options,
  words = "Pack a run into one archive, for a bug report. Keys are left out; names of machine and user, home folders "
    .. "and addresses are redacted. `moonrig replay` reads it." }
