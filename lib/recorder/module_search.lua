--- module_search: finds the user's Lua modules as Lua does, but loads them by loadfile, which is recorded. So a
--- recording has each module that a scenario required, wherever it was.

local module_search = {}

-- Lua's own searcher has two others behind it, for modules in C.
local function place() return #package.loaders - 2 end

local function path_of(template, name) return (template:gsub("%?", (name:gsub("%.", "/"):gsub("%%", "%%%%")))) end

-- As a searcher of package.loaders: the module's chunk, or where it is not.
local function search(name)
  local tried = {}
  for template in package.path:gmatch "[^;]+" do
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

--- Puts it into package.loaders, in place of Lua's own. lib/'s modules have a loader before it.
function module_search.use() package.loaders[place()] = search end

return module_search
