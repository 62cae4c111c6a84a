--- paths: the places of the project, the user's cache and results; whole files read and written.

local engine = require "engine"
local fail = require "base.fail"

local paths = {}

--- An environment variable; nil for an empty one, too.
function paths.env(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local env = paths.env

-- $HOME; without it no place is the user's alone.
local function user_home()
  local home = env "HOME"
  if not home then fail.raise("ENOENT", "paths", "HOME is not set: set HOME or MOONRIG_CACHE") end
  return home
end

--- The user's cache folder for moonrig ($MOONRIG_CACHE, or by the XDG rules).
function paths.cache()
  return env "MOONRIG_CACHE" or ((env "XDG_CACHE_HOME" or user_home() .. "/.cache") .. "/moonrig")
end

--- The folder of the guards' journals, for the user alone.
function paths.journal()
  local folder = paths.cache() .. "/journal"
  local ok, err = pcall(paths.make, folder, 448)
  if not ok then
    fail.raise(fail.code(err) or "EIO", "cache", fail.what(err) .. ": name another cache folder with MOONRIG_CACHE")
  end
  return folder
end

--- The folder for results: results/ beside the working folder's scripts/, or of the project, if it is writable; else
--- below ~/.local/state. Second value: a notice if that is not the expected place.
function paths.results()
  if engine.fs.stat "scripts" and engine.fs.access("results", "w") then return "results" end
  local own = engine.home() .. "/results"
  if engine.fs.access(own, "w") then return own end
  local other = (env "XDG_STATE_HOME" or user_home() .. "/.local/state") .. "/moonrig/results"
  -- an installed moonrig has no results/
  if not engine.fs.stat(own) then return other end
  return other, ("no right to write %s: results go to %s"):format(own, other)
end

--- The folders of scenarios: scripts/ of the working folder, and moonrig's own.
function paths.scripts()
  local own = engine.home() .. "/scripts"
  local here = engine.fs.realpath "scripts"
  if not here or here == engine.fs.realpath(own) then return { own } end
  return { "scripts", own }
end

--- The path of a program in $PATH; nil if it is in none of its folders.
function paths.program(name)
  for folder in (env "PATH" or "/usr/bin:/bin"):gmatch "[^:]+" do
    if engine.fs.access(folder .. "/" .. name, "x") then return folder .. "/" .. name end
  end
end

--- Makes a folder and those above it.
function paths.make(path, mode)
  local at = path:sub(1, 1) == "/" and "" or "."
  for part in path:gmatch("[^/]+") do
    at = at .. "/" .. part
    if not engine.fs.stat(at) then
      local ok, err = engine.fs.mkdir(at, mode or 493)
      if not ok and err.code ~= "EEXIST" then error(err, 0) end
    end
  end
  return path
end

--- A file's text; nil and an error.
function paths.read(path)
  local f, why = io.open(path, "rb")
  if not f then return nil, why end
  local text = f:read("*a")
  f:close()
  if not text then return nil, path .. ": cannot be read" end
  return text
end

--- The table in a JSON file; nil where there is none.
function paths.read_table(path)
  local value = engine.json.decode(paths.read(path) or "")
  return type(value) == "table" and value or nil
end

--- At most `most` bytes of a file, its last or (is_head) its first; their offset; the file's size. Nil without one.
function paths.read_part(path, most, is_head)
  local f = io.open(path, "rb")
  if not f then return nil end
  local size = f:seek "end" or 0
  local from = is_head and 0 or math.max(0, size - most)
  f:seek("set", from)
  local text = f:read(math.min(most, size)) or ""
  f:close()
  return text, from, size
end

--- Calls visit(path, stat, name) for each entry below a folder, at any depth; not below one for which it returns false.
--- Links are not followed.
function paths.walk(folder, visit)
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    local path = folder .. "/" .. name
    local st = engine.fs.stat(path, true)
    if st and visit(path, st, name) ~= false and st.type == "dir" then paths.walk(path, visit) end
  end
end

--- Writes a file, a text or an array of them: a reader sees the old file or the whole new one. `mode` (optional): set
--- before the first byte is written.
function paths.write(path, text, mode)
  local part = ("%s.part%d"):format(path, engine.sys.pid())
  local f, why = io.open(part, "wb")
  if not f then fail.raise("EIO", "write", path .. why:sub(#part + 1)) end
  if mode then engine.fs.chmod(part, mode) end
  local ok, why2 = true, nil
  for _, words in ipairs(type(text) == "table" and text or { text }) do
    if ok then ok, why2 = f:write(words) end
  end
  local ok3, why3 = f:close()
  if not (ok and ok3) then
    os.remove(part)
    fail.raise("EIO", "write", ("%s: %s"):format(path, why2 or why3 or "cannot be written"))
  end
  fail.check(engine.fs.rename(part, path))
end

return paths
