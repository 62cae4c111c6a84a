--- own_modules: the modules that a scenario requires beside its own file: scripts/mine/common.lua for
--- scripts/mine/x.lua. They are found in its text, before it runs.

local engine = require "engine"
local paths = require "base.paths"

local own_modules = {}

local LOADERS = { "require", "dofile", "loadfile" }

--- A file's folder.
function own_modules.folder(file) return file:match "^(.+)/[^/]*$" or (file:find "^/" and "/" or ".") end

--- The file of a module's name, as seen from the scenario's folder: "parts.one" is "parts/one.lua".
function own_modules.path(name) return (name:gsub("%.", "/")) .. ".lua" end

-- The first quoted text behind each place of a word. (With find: a pattern over a whole text is slow, and each run
-- reads all scripts.)
local function arguments_of(text, word)
  local at = 1
  return function()
    while true do
      local from, to = text:find(word, at, true)
      if not from then return nil end
      at = to + 1
      local _, quoted = text:match("^%f[^%w_][^\n\"']*([\"'])([^\"'\n]+)%1", at)
      if quoted and not text:sub(from - 1, from - 1):find "[%w_]" then return quoted end
    end
  end
end

--- The existing files that a Lua text loads by name (require "x", dofile(here .. "/x.lua")) from these folders: an
--- array of paths.
function own_modules.named_in(text, folders)
  local out, seen = {}, {}
  local function try(name)
    for _, folder in ipairs(folders) do
      local path = folder .. "/" .. name
      local st = not seen[path] and engine.fs.stat(path)
      if st and st.type == "file" then out[#out + 1] = path end
      seen[path] = true
    end
  end
  for _, loader in ipairs(LOADERS) do
    for quoted in arguments_of(text, loader) do
      local name = quoted:gsub("^/+", ""):gsub("^%./", "")
      try(name:find "%.lua$" and name or own_modules.path(name))
    end
  end
  return out
end

--- The files that a scenario loads, and those that these load: an array of paths.
function own_modules.of(file)
  local out, seen, todo, folder = {}, { [file] = true }, { file }, own_modules.folder(file)
  while #todo > 0 do
    local at = table.remove(todo)
    -- a module's require looks beside the scenario; a path may be the working folder's
    for _, path in ipairs(own_modules.named_in(paths.read(at) or "", folder == "." and { "." } or { folder, "." })) do
      path = path:gsub("^%./", "")
      if not seen[path] then out[#out + 1], todo[#todo + 1] = path, path end
      seen[path] = true
    end
  end
  return out
end

--- A scenario's source: { text, modules = { ["parts/one.lua"] = the text of a required module } }; nil and an error
--- without the file.
function own_modules.source(file)
  local text, why = paths.read(file)
  if not text then return nil, why end
  local modules, prefix = {}, own_modules.folder(file) .. "/"
  for _, path in ipairs(own_modules.of(file)) do
    local name = prefix == "./" and path or path:sub(1, #prefix) == prefix and path:sub(#prefix + 1)
    if name then modules[name] = paths.read(path) end
  end
  return { text = text, modules = modules }
end

--- A source's modules by their paths: { ["mine/parts/one.lua"] = text }.
function own_modules.texts(file, source)
  local out = {}
  for name, text in pairs(source.modules) do out[("%s/%s"):format(own_modules.folder(file), name)] = text end
  return out
end

return own_modules
