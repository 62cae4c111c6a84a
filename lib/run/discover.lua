--- discover: the scenario files that the words of a command line select.

local engine = require "engine"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local suggest = require "base.suggest"

local discover = {}

-- Deeper than any tree of scripts; ends the walk of a link that leads back up.
local DEEPEST = 8

local function fail(code, form, ...)
  return nil, engine.error { code = code, op = "discover", what = form:format(...) }
end

-- "./a//b/" is "a/b": one file has one name.
local function normal(path)
  path = path:gsub("/+", "/")
  while path:find("^%./.") do path = path:sub(3) end
  while path:find("/%./") do path = path:gsub("/%./", "/") end
  path = path:gsub("/%.$", "")
  return #path > 1 and path:gsub("/$", "") or path
end

local function split(path)
  local folder, base = path:match "^(.*)/([^/]*)$"
  return folder or ".", base or path
end

local function script_of(file)
  local folder, base = split(file)
  return { file = file, plan = folder:match("([^/]+)$") or folder, name = (base:gsub("%.lua$", "")) }
end

local function full_name(script) return script.plan .. "/" .. script.name end

-- "." and ".." name no plan: the folder's own name does.
local function named(scripts)
  for _, script in ipairs(scripts) do
    if script.plan:find "^%.%.?$" then
      script.plan = (engine.fs.realpath((split(script.file))) or ""):match "([^/]+)$" or "here"
    end
  end
  return scripts
end

local function walk(path, out, depth)
  local names, err = engine.fs.list(path)
  if not names then return nil, err.what end
  for _, name in ipairs(names) do
    local file = path == "." and name or path .. "/" .. name
    local st, is_hidden = engine.fs.stat(file), name:find "^%."
    local is_folder = st and st.type == "dir"
    if is_folder and not is_hidden and depth < DEEPEST then walk(file, out, depth + 1) end
    if not is_folder and not is_hidden and file:find "%.lua$" then out[#out + 1] = script_of(normal(file)) end
  end
  return out
end

-- A module that another script loads is no scenario. It is one only where it is named.
local function without_modules(scripts)
  local loaded, out = {}, {}
  for _, script in ipairs(scripts) do
    for _, path in ipairs(own_modules.of(script.file)) do loaded[path] = true end
  end
  for _, script in ipairs(scripts) do
    if not loaded[script.file] then out[#out + 1] = script end
  end
  return out
end

-- A link that leads nowhere is one: its case is an error.
local function is_file(path)
  local st = engine.fs.stat(path) or engine.fs.stat(path, true)
  return st ~= nil and st.type ~= "dir"
end

local function by_name(word, all)
  local found = {}
  for _, script in ipairs(all) do
    if word == script.name or word == script.plan or word == full_name(script) then found[#found + 1] = script end
  end
  return found
end

local function names_of(all)
  local names, seen = {}, {}
  for _, script in ipairs(all) do
    for _, name in ipairs { script.name, script.plan, full_name(script) } do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  return names
end

-- A name has priority over a folder of the same name. all() returns the scripts that names select from.
local function resolve(word, all)
  if word == "" then return fail("ENOENT", "no script has an empty name") end
  local path = normal(word)
  local is_script = path:find "%.lua$" and is_file(path)
  -- PLAN/NAME has one slash
  if is_script and word:find "/.*/" then return named { script_of(path) } end
  local found = by_name(word, all())
  if #found > 0 then return found end
  if is_script then return named { script_of(path) } end
  local below = walk(path, {}, 0)
  below = below and without_modules(below)
  if below and #below > 0 then return named(below) end
  if below then return fail("ENOENT", "%s holds no scripts (*.lua)", word) end
  if is_file(path) then
    return fail("EINVAL", "%s is no Lua script: a scenario's file ends in .lua", word)
  end
  return fail("ENOENT", "no such script: %s%s; `moonrig list` prints all scripts", word,
    suggest.hint((path:gsub("%.lua$", "")), names_of(all())))
end

local function sorted(scripts, pattern)
  local out, seen = {}, {}
  for _, script in ipairs(scripts) do
    if not seen[script.file] and (not pattern or full_name(script):find(pattern, 1, true)) then
      out[#out + 1] = script
    end
    seen[script.file] = true
  end
  table.sort(out, function(a, b)
    if a.plan ~= b.plan then return a.plan < b.plan end
    if a.name ~= b.name then return a.name < b.name end
    return a.file < b.file
  end)
  return out
end

-- The scripts that names select from; those of the first folder that exists, nil and an error without any.
local function known(roots)
  local all, taken, first, err = {}, {}, nil, nil
  for _, root in ipairs(roots) do
    local scripts, why = walk(normal(root), {}, 0)
    err = err or why
    for _, script in ipairs(scripts and without_modules(scripts) or {}) do
      local full = full_name(script)
      if not taken[full] or taken[full] == root then all[#all + 1] = script end
      taken[full] = taken[full] or root
    end
    first = first or scripts
  end
  return all, first, err
end

--- The scripts that `words` select (an array of NAME, PLAN, PLAN/NAME, file or folder): an array of { file, plan,
--- name }, sorted by plan and name, each file once. Without words: all of the first folder of paths.scripts; with
--- `every` of all of them, where an earlier folder hides the PLAN/NAME of a later one. `pattern`: plain text that
--- "plan/name" must contain. Or nil and an error: code ENOENT (no such script, with the nearest names), EINVAL (no Lua
--- file), NOTHING (the pattern selects none).
function discover.scenarios(words, pattern, every)
  local folders = paths.scripts()
  local all, first, err
  local function known_ones()
    if not all then all, first, err = known(folders) end
    return all
  end
  -- a path needs no walk of all folders
  if #words == 0 then known_ones() end
  local roots = table.concat(folders, ", ")
  if not first and #words == 0 then return fail("ENOENT", "no scripts in %s: %s", roots, tostring(err)) end
  local found = #words == 0 and (every and all or first) or {}
  for _, word in ipairs(words) do
    local scripts, why = resolve(word, known_ones)
    if not scripts then return nil, why end
    for _, script in ipairs(scripts) do found[#found + 1] = script end
  end
  local out = sorted(found, pattern)
  if #out > 0 then return out end
  if pattern and #found > 0 then
    return fail("NOTHING", "-k %s matches none of %d scripts%s", pattern, #found,
      suggest.hint(pattern, names_of(found)))
  end
  return fail("NOTHING", "no scripts in %s", roots)
end

return discover
