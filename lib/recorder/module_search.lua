--- module_search: finds the user's Lua modules as Lua does, but loads them by loadfile, which is recorded. So a
--- recording has each module that a scenario required, wherever it was.

local rooms = require "base.rooms"

local module_search = {}

-- Lua's own searcher has two others behind it, for modules in C.
local function place() return #package.loaders - 2 end

local function path_of(template, name) return (template:gsub("%?", (name:gsub("%.", "/"):gsub("%%", "%%%%")))) end

-- The template of lib/'s modules: moonrig may be elsewhere in a replay.
local OURS = rooms.FOLDER .. "?.lua"

--- package.path without lib/.
function module_search.path()
  local out = {}
  for template in package.path:gmatch "[^;]+" do
    if template ~= OURS then out[#out + 1] = template end
  end
  return table.concat(out, ";")
end

-- As a searcher of package.loaders: the module's chunk, or where it is not.
local function search(name)
  local tried = {}
  for template in module_search.path():gmatch "[^;]+" do
    local path = path_of(template, name)
    local chunk, why = loadfile(path)
    if chunk then return chunk end
    if not why:find "^cannot open " then
      error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path, why), 0)
    end
    tried[#tried + 1] = ("\n\tno file '%s'"):format(path)
  end
  return table.concat(tried)
end

--- Puts it into package.loaders, in place of Lua's own for all modules but those of lib/.
function module_search.use()
  local own = package.loaders[place()]
  package.loaders[place()] = function(name) return (rooms.of(name) and own or search)(name) end
end

return module_search
