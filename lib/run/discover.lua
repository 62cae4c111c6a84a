--- discover: which scenario files are meant by what was typed.

local suggest = require "base.suggest"

local select_files = {}

-- Deeper than any tree of scripts; ends the walk of a link that leads back up.
local DEEPEST = 8

local Missing = {}
Missing.__tostring = function(err) return err.what end

local function fail(code, what)
  return nil, setmetatable({ code = code, op = "select", what = what }, Missing)
end

-- "./a//b/" is "a/b": one file has one name.
local function normal(path)
  path = path:gsub("/+", "/")
  while path:find("^%./.") do path = path:sub(3) end
  while path:find("/%./") do path = path:gsub("/%./", "/") end
  path = path:gsub("/%.$", "")
  if #path > 1 then path = path:gsub("/$", "") end
  return path
end

local function script_of(file)
  local folder, base = file:match("^(.*)/([^/]*)$")
  if not folder then folder, base = ".", file end
  return { file = file, plan = folder:match("([^/]+)$") or folder, name = (base:gsub("%.lua$", "")) }
end

-- "." and ".." name no plan: the folder's own name does.
local function named(scripts, options)
  for _, script in ipairs(scripts) do
    if script.plan:find "^%.%.?$" and options.realpath then
      local folder = options.realpath(script.file:match "^(.*)/[^/]*$" or ".")
      script.plan = (folder or ""):match "([^/]+)$" or "here"
    end
  end
  return scripts
end

local function walk(path, list_dir, out, depth)
  local entries, err = list_dir(path)
  if not entries then return nil, err end
  for _, entry in ipairs(entries) do
    local file = path == "." and entry.name or path .. "/" .. entry.name
    local is_hidden = entry.name:find("^%.")
    if entry.dir and not is_hidden and depth < DEEPEST then
      walk(file, list_dir, out, depth + 1)
    elseif not entry.dir and not is_hidden and entry.name:find("%.lua$") then
      out[#out + 1] = script_of(normal(file))
    end
  end
  return out
end

-- Without those that another of them loads: a module beside a scenario is none.
local function without_modules(scripts, modules_of)
  local loaded, out = {}, {}
  for _, script in ipairs(modules_of and scripts or {}) do
    for _, path in ipairs(modules_of(script.file)) do loaded[path] = true end
  end
  for _, script in ipairs(scripts) do
    if not loaded[script.file] then out[#out + 1] = script end
  end
  return out
end

local function is_file(path, list_dir)
  local folder, base = path:match("^(.*)/([^/]*)$")
  if folder == "" then folder = "/" end
  for _, entry in ipairs(list_dir(folder or ".") or {}) do
    if entry.name == (base or path) and not entry.dir then return true end
  end
  return false
end

local function by_name(word, all)
  local found = {}
  for _, script in ipairs(all) do
    local full = script.plan .. "/" .. script.name
    if word == script.name or word == script.plan or word == full then found[#found + 1] = script end
  end
  return found
end

local function names_of(all)
  local names, seen = {}, {}
  for _, script in ipairs(all) do
    for _, name in ipairs { script.name, script.plan, script.plan .. "/" .. script.name } do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  return names
end

-- A name first: it is short, and a folder of the same name elsewhere is not what was meant. all(): what names may mean.
local function resolve(word, all, options)
  if word == "" then return fail("ENOENT", "no script has an empty name") end
  local path = normal(word)
  -- PLAN/NAME has one slash
  local is_path = word:find "/.*/" and path:find "%.lua$"
  if is_path and is_file(path, options.list_dir) then return named({ script_of(path) }, options) end
  local found = by_name(word, all())
  if #found > 0 then return found end
  if path:find("%.lua$") and is_file(path, options.list_dir) then return named({ script_of(path) }, options) end
  local below = walk(path, options.list_dir, {}, 0)
  below = below and without_modules(below, options.modules_of)
  if below and #below > 0 then return named(below, options) end
  if below then return fail("ENOENT", ("%s holds no scripts (*.lua)"):format(word)) end
  if is_file(path, options.list_dir) then
    return fail("EINVAL", ("%s is no Lua script: a scenario's file ends in .lua"):format(word))
  end
  local bare = path:gsub("%.lua$", "")
  return fail("ENOENT", ("no such script: %s%s; `moonrig list` shows what there is"):format(
    word, suggest.hint(bare, names_of(all()))))
end

local function sorted(scripts, pattern)
  local out, seen = {}, {}
  for _, script in ipairs(scripts) do
    local full = script.plan .. "/" .. script.name
    if not seen[script.file] and (not pattern or full:find(pattern, 1, true)) then
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

-- All that names may mean; those of the first folder that is there, nil and an error where none is.
local function known(options)
  local all, taken, first, err = {}, {}, nil, nil
  for _, root in ipairs(options.scripts_dirs) do
    local scripts, why = walk(normal(root), options.list_dir, {}, 0)
    err = err or why
    for _, script in ipairs(scripts and without_modules(scripts, options.modules_of) or {}) do
      local full = script.plan .. "/" .. script.name
      if not taken[full] or taken[full] == root then all[#all + 1] = script end
      taken[full] = taken[full] or root
    end
    first = first or scripts
  end
  return all, first, err
end

--- The scripts that `words` (an array of NAME, PLAN, PLAN/NAME, file or folder; empty: all) mean:
--- an array of { file, plan, name }, sorted by plan and name, each file once. Options: `scripts_dirs`, an array:
--- of two scripts with one PLAN/NAME the one in the first is meant, and without words those of the first that is there
--- are (`every`: of all);
--- `modules_of(file)` (optional), the files that it loads, which are no scenarios unless they are named;
--- `list_dir(path)`, an array of { name, dir = bool } or nil, err; `realpath(path)` (optional);
--- `pattern`, plain text that "plan/name" must contain. Or nil and an error object: code ENOENT (no
--- such script, with the nearest names), EINVAL (no Lua file), NOTHING (the pattern left none).
function select_files.find(words, options)
  local all, first, err
  local function known_ones()
    if not all then all, first, err = known(options) end
    return all
  end
  -- all folders are walked where a name may mean one of them, and not for a path
  if #words == 0 then known_ones() end
  local roots = table.concat(options.scripts_dirs, ", ")
  -- without scripts of our own, a path still leads to the user's
  if not first and #words == 0 then
    return fail("ENOENT", ("no scripts in %s: %s"):format(roots, tostring(err)))
  end
  local found = #words == 0 and (options.every and all or first) or {}
  for _, word in ipairs(words) do
    local scripts, why = resolve(word, known_ones, options)
    if not scripts then return nil, why end
    for _, script in ipairs(scripts) do found[#found + 1] = script end
  end
  local out = sorted(found, options.pattern)
  if #out > 0 then return out end
  if options.pattern and #found > 0 then
    return fail("NOTHING", ("-k %s leaves none of %d scripts%s"):format(
      options.pattern, #found, suggest.hint(options.pattern, names_of(found))))
  end
  return fail("NOTHING", "no scripts in " .. roots)
end

return select_files
