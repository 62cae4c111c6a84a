--- manifest: the files of an image, and whether they changed since the build.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local show = require "base.show"

local manifest = {}

-- 110 MB take less than a second; a disk may be slow.
local HASH_SECONDS = 120

local function file_in(folder) return folder .. "/manifest.json" end

-- { [name] = sha256 } of files in a folder, without those that cannot be read.
local function hashes_of(folder, names)
  if #names == 0 then return {} end
  local argv, out = { "sha256sum", "--" }, {}
  for i, name in ipairs(names) do argv[i + 2] = folder .. "/" .. name end
  local r = engine.here():run(argv, { timeout = HASH_SECONDS })
  for hash, path in r.out:gmatch "(%x+) [ *]([^\n]+)" do out[path:sub(#folder + 2)] = hash end
  return out
end

--- Writes the manifest of a folder's files (names below it), as { id, built, files = { [name] = { size, mtime,
--- sha256 } } } and the fields of `more` (optional). Written last: a folder with it is complete.
function manifest.write(folder, id, names, more)
  local files, hashes = {}, hashes_of(folder, names)
  for _, name in ipairs(names) do
    local st = fail.check(engine.fs.stat(folder .. "/" .. name))
    if not hashes[name] then fail.raise("EIO", "image", name .. " cannot be read") end
    files[name] = { size = st.size, mtime = st.mtime, sha256 = hashes[name] }
  end
  local built = { id = id, built = os.date "!%Y-%m-%dT%H:%M:%SZ", files = files }
  for key, value in pairs(more or {}) do built[key] = value end
  paths.write(file_in(folder), engine.json.encode(built))
end

--- A folder's manifest; nil without one, or for one without `files`.
function manifest.read(folder)
  local built = paths.read_table(file_in(folder))
  return built and type(built.files) == "table" and built or nil
end

--- The first file, by name, that changed since the build, or nil. A file with the same size and time counts as
--- unchanged, unless `is_full`; one with another time alone (a copy) is read.
function manifest.changed(folder, built, is_full)
  local doubtful = {}
  for _, name in ipairs(show.sorted_keys(built.files)) do
    local file, st = built.files[name], engine.fs.stat(folder .. "/" .. name)
    if not st or st.size ~= file.size then return name end
    if is_full or st.mtime ~= file.mtime then doubtful[#doubtful + 1] = name end
  end
  local hashes = hashes_of(folder, doubtful)
  for _, name in ipairs(doubtful) do
    if hashes[name] ~= built.files[name].sha256 then return name end
  end
end

return manifest
