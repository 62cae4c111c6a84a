--- artifacts: the files of a case that are kept with its results: a folder in the case's own.

local encoding = require "base.encoding"
local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local artifacts = {}

--- Its name in the case's folder of results.
artifacts.FOLDER = "files"

--- The path of a file of them in the case's folder.
function artifacts.path(name) return ("%s/%s"):format(artifacts.FOLDER, name) end

--- Makes the folder in a case's folder of results; returns its absolute path.
function artifacts.make(folder)
  local ok, err = pcall(paths.make, ("%s/%s"):format(folder, artifacts.FOLDER))
  if not ok then fail.raise(fail.code(err) or "EIO", "t:dir", fail.what(err)) end
  return fail.check(engine.fs.realpath(("%s/%s"):format(folder, artifacts.FOLDER)))
end

--- The files in a case's folder of results: array of { name (a path in FOLDER), size }, by name. Links are left out.
function artifacts.list(folder)
  local root = ("%s/%s"):format(folder, artifacts.FOLDER)
  local out = {}
  paths.walk(root, function(path, st)
    if st.type == "file" then out[#out + 1] = { name = path:sub(#root + 2), size = st.size } end
  end)
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

--- The same for results.json, whose names are text.
function artifacts.listed(folder)
  local out = artifacts.list(folder)
  for _, one in ipairs(out) do one.name = encoding.scrub(one.name) end
  return engine.json.array(out)
end

return artifacts
