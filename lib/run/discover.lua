--- discover: the cases that the words of a command line select: scenario files, and their rows.

local encoding = require "base.encoding"
local engine = require "engine"
local filter = require "run.filter"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local scenario = require "case.scenario"
local slug = require "base.slug"
local suggest = require "base.suggest"

local discover = {}

-- Deeper than any tree of scripts.
local DEEPEST = 8

local KINDS = { pipe = "named pipe (FIFO)", socket = "socket", device = "device" }

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

-- Its names are what reports and a terminal can show; the path keeps its bytes.
local function script_of(file)
  local folder, base = split(file)
  return { file = file, plan = encoding.shown(folder:match("([^/]+)$") or folder),
    name = encoding.shown((base:gsub("%.lua$", ""))) }
end

local function full_name(script) return script.plan .. "/" .. script.name end

-- "." and ".." name no plan: the folder's own name does.
local function named(scripts)
  for _, script in ipairs(scripts) do
    if script.plan:find "^%.%.?$" then
      script.plan = (engine.fs.realpath((split(script.file))) or ""):match "([^/]+)$" or "here"
      script.plan = encoding.shown(script.plan)
    end
  end
  return scripts
end

local function is_above(folder, other)
  return folder == "/" or other:sub(1, #folder + 1) == folder .. "/"
end

-- A walk of the folders below a root: each real folder and file once, under its own name before that of a link.
local function visit(w, path, real, depth)
  local names, err = engine.fs.list(path)
  if not names then return nil, err.what end
  w.folders[#w.folders + 1] = path
  w.seen[real] = true
  for _, name in ipairs(names) do
    local file = path == "." and name or path .. "/" .. name
    local st = not name:find "^%." and engine.fs.stat(file, true)
    if st and st.type == "link" then
      w.links[#w.links + 1] = { path = file, depth = depth + 1 }
    elseif st and st.type == "file" then
      w.seen[real .. "/" .. name] = true
      w.files[#w.files + 1] = normal(file)
    elseif st and st.type == "dir" and depth < DEEPEST and not w.seen[real .. "/" .. name] then
      visit(w, file, real .. "/" .. name, depth + 1)
    end
  end
  return w
end

-- A link that leads nowhere is a file: its case is an error. One that leads to a folder above the root is left out.
local function visit_link(w, link)
  local st, real = engine.fs.stat(link.path), engine.fs.realpath(link.path)
  if st and (not real or w.seen[real]) then return end
  if st and st.type == "dir" and link.depth <= DEEPEST and not is_above(real, w.root) then
    visit(w, link.path, real, link.depth)
  elseif not st or st.type == "file" then
    if real then w.seen[real] = true end
    w.files[#w.files + 1] = normal(link.path)
  end
end

--- The folders and files below a root, without hidden ones, FIFOs, sockets and devices: { folders, files }, arrays of
--- paths; each real one once, however many links lead to it. Nil and the reason without the root.
function discover.tree(path)
  local root = engine.fs.realpath(path) or path
  local w = { root = root, folders = {}, files = {}, links = {}, seen = {} }
  local found, why = visit(w, path, root, 0)
  local i = 1
  while w.links[i] do
    visit_link(w, w.links[i])
    i = i + 1
  end
  return found, why
end

local function scripts_below(path)
  local found, why = discover.tree(path)
  if not found then return nil, why end
  local out = {}
  for _, file in ipairs(found.files) do
    if file:find "%.lua$" then out[#out + 1] = script_of(file) end
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

-- What a path is, other than a folder; a link that leads nowhere is a file: its case is an error.
local function file_type(path)
  local st = engine.fs.stat(path) or engine.fs.stat(path, true)
  if not st or st.type == "dir" then return nil end
  return st.type == "link" and "file" or st.type
end

local function by_name(word, all)
  local found = {}
  word = encoding.shown(word)
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
  local kind = file_type(path)
  local is_script = path:find "%.lua$" and kind == "file"
  -- PLAN/NAME has one slash
  if is_script and word:find "/.*/" then return named { script_of(path) } end
  local found = by_name(word, all())
  if #found > 0 then return found end
  if is_script then return named { script_of(path) } end
  if kind and kind ~= "file" then return fail("EINVAL", "%s is no file: it is a %s", word, KINDS[kind]) end
  local below = scripts_below(path)
  below = below and without_modules(below)
  if below and #below > 0 then return named(below) end
  if below then return fail("ENOENT", "%s holds no scripts (*.lua)", word) end
  if kind then
    return fail("EINVAL", "%s is no Lua script: a scenario's file ends in .lua", word)
  end
  return fail("ENOENT", "no such script: %s%s; `moonrig list` prints all scripts", word,
    suggest.hint((path:gsub("%.lua$", "")), names_of(all())))
end

-- ---- rows and cells ----

local function covers_of(script, header)
  if not (header.plan or header.case) then return nil end
  return { plan = header.plan or script.plan, case = header.case }
end

local function item_of(script, header, number)
  local row = header.row_name
  local name = row and ("%s[%s]"):format(script.name, row) or script.name
  return { file = script.file, plan = script.plan, name = name, script = script.name, row = row,
    order = number, tags = header.tags, covers = covers_of(script, header) }
end

-- The cases of scripts: one for each row. A script that cannot be loaded is one case, which will be an error.
local function expanded(scripts)
  local out = {}
  for _, script in ipairs(scripts) do
    local header = scenario.load(script.file)
    for i, row in ipairs(header and header.rows or {}) do out[#out + 1] = item_of(script, row, i) end
    if not (header and header.rows) then out[#out + 1] = item_of(script, header or {}, 1) end
  end
  return out
end

-- "x[split]" or "x/split": a row of the scripts that the word in front selects. Otherwise nil and an error, `err` if
-- that word selects nothing.
local function row_of(word, all, err)
  local front, row = word:match "^(.+)%[([^%[%]]+)%]$"
  local is_asked = front ~= nil
  if not front then front, row = word:match "^(.+)/([^/]+)$" end
  local scripts = front and resolve(front, all)
  if not scripts then return nil, err end
  local items, out, names = expanded(scripts), {}, {}
  for _, item in ipairs(items) do
    -- also as the scenario has written it
    if item.row == row or item.row == slug.of(row) or (#items == 1 and not item.tags) then out[#out + 1] = item end
    names[#names + 1] = item.row
  end
  if #out > 0 then return out end
  if #scripts == 1 and #names > 0 then
    return fail("ENOENT", "%s has no row %s%s; its rows: %s", front, row, suggest.hint(row, names),
      suggest.some(names))
  end
  if is_asked and #names == 0 then return fail("ENOENT", "%s has no rows (each), so there is no row %s", front, row) end
  return nil, err
end

-- The cases of a word: what resolve() finds, a row of it, and behind a colon a cell.
local function items_of(word, all)
  local scripts, err = resolve(word, all)
  if scripts then return expanded(scripts) end
  local front, cell = word:match "^([^:]+):(.+)$"
  local items = front and items_of(front, all)
  if items then return filter.with_cell(items, cell) end
  return row_of(word, all, err)
end

-- Sorted, each once.
local function sorted(items)
  local out, seen = {}, {}
  for _, item in ipairs(items) do
    local key = ("%s\0%s"):format(item.file, item.name)
    if not seen[key] then out[#out + 1] = item end
    seen[key] = true
  end
  table.sort(out, function(a, b)
    for _, key in ipairs { "plan", "script", "file", "order", "name" } do
      if a[key] ~= b[key] then return a[key] < b[key] end
    end
    return false
  end)
  return out
end

-- The scripts that names select from; those of the first folder that exists, nil and an error without any.
local function known(roots)
  local all, taken, first, err = {}, {}, nil, nil
  for _, root in ipairs(roots) do
    local scripts, why = scripts_below(normal(root))
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

--- The cases that `words` select (an array of NAME, PLAN, PLAN/NAME, file or folder, also with [ROW] and :CELL): an
--- array of { file, plan, name (with its row and cell), script, row, cell, tags, covers = { plan, case } }, sorted,
--- each once. Without words: all of the first folder of paths.scripts; with `every` of all of them, where an earlier
--- folder hides the PLAN/NAME of a later one. `given` (optional): filter.of's. Or nil and an error: code ENOENT (no
--- such script, with the nearest names), EINVAL (no Lua file), NOTHING (the filter leaves none).
function discover.scenarios(words, given, every)
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
  local found = #words == 0 and expanded(every and all or first) or {}
  for _, word in ipairs(words) do
    local items, why = items_of(word, known_ones)
    if not items then return nil, why end
    for _, item in ipairs(items) do found[#found + 1] = item end
  end
  if #found == 0 then return fail("NOTHING", "no scripts in %s", roots) end
  return filter.of(sorted(found), given or {})
end

return discover
