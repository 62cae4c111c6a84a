--- docs: docs/api, from the help's entries (lib/help/api.lua, lib/help/modules.lua): a page for each object, an index.

local engine = require "engine"
local help = require "help.help"
local kind = require "base.kind"
local paths = require "base.paths"

local docs = {}

-- Objects on the page of another object.
local PAGES = { rig = "t", task = "t", prepared_vm = "vm", qmp = "vm", devbind = "vm", mp = "process",
  hotplug_mp = "process", console = "node", detached = "node" }

local MADE = "<!-- made by `make docs`: change lib/help/stubs, engine/prim or the module's comments -->\n"

local function page_of(e)
  local name = e.name:match "^[^.]+"
  return PAGES[name] or name
end

local function first_sentence(text)
  return text:match "^(.-)%.%s" or text:match "^(.-)%.?$"
end

--- A row of a table; a bar in a text would end the cell.
function docs.row(...)
  local cells = { ... }
  for i, text in ipairs(cells) do cells[i] = text:gsub("|", "\\|") end
  return "| " .. table.concat(cells, " | ") .. " |"
end

--- A table's first lines.
function docs.head(out, ...)
  out[#out + 1] = ""
  out[#out + 1] = docs.row(...)
  out[#out + 1] = "|" .. ("---|"):rep(select("#", ...))
end

local function code(text)
  return text and text ~= "" and "`" .. text .. "`" or ""
end

local function since(option)
  local from, to = option.since, option["until"]
  return (from and "since " .. from or "") .. (from and to and ", " or "") .. (to and "until " .. to or "")
end

local function values(option)
  return option.of and code(option.of:gsub(" ", "`, `")) or kind.words(option.kind)
end

-- The options of a primitive, with all fields of their rows.
local function option_rows(fields, out)
  docs.head(out, "option", "value", "unit", "default", "flag", "")
  for _, f in ipairs(fields) do
    local words = { f.row.words, f.is_optional and "" or "needed", since(f.row) }
    for i = #words, 1, -1 do
      if words[i] == "" then table.remove(words, i) end
    end
    out[#out + 1] = docs.row(code(f.name), values(f.row), f.row.unit or "", code(f.row.initial), code(f.row.flag),
      table.concat(words, "; "))
  end
end

local function field_rows(fields, out)
  docs.head(out, "field", "type", "")
  for _, f in ipairs(fields) do
    out[#out + 1] = docs.row(code(f.name), code(f.type), f.doc .. (f.is_optional and "" or " (needed)"))
  end
end

local function method(m, out)
  out[#out + 1] = ("\n### %s\n"):format(help.signature(m))
  out[#out + 1] = m.doc
  if m.returns ~= "" then out[#out + 1] = ("\nReturns `%s`."):format(m.returns) end
  if #m.params > 0 then docs.head(out, "argument", "type", "") end
  for _, p in ipairs(m.params) do
    out[#out + 1] = docs.row(code(p.name .. (p.is_optional and "?" or "")), code(p.type), p.doc)
  end
end

-- The object, its fields, and its methods without its parent's.
local function describe(e, all, out)
  out[#out + 1] = ("\n## %s\n"):format(e.name)
  out[#out + 1] = e.doc
  if e.is_module then out[#out + 1] = ("\n`local %s = require \"kit.%s\"`"):format(e.name, e.name) end
  if #e.fields > 0 then (e.fields[1].row and option_rows or field_rows)(e.fields, out) end
  for _, m in ipairs(all) do
    if m.kind == "method" and m.of == e.name then method(m, out) end
  end
end

local function index_row(name, page)
  local names = {}
  for i, e in ipairs(page) do names[i] = ("`%s`"):format(e.name) end
  return docs.row(("[%s](%s.md)"):format(name, name), first_sentence(page[1].doc), table.concat(names, ", "))
end

local EDITORS = [[
Editors that know LuaCATS (lua-language-server) complete and check scenarios by `lib/help/stubs/` and
`build/options.lua` (installed: `share/moonrig/lib/help/stubs/`). A `.luarc.json` beside the scenarios names them:

```json
{ "workspace.library": ["/path/to/moonrig/lib/help/stubs", "/path/to/moonrig/build/options.lua"] }
```

The same texts are at the command line, `moonrig help t:vm`, and at the REPL's prompt, `?t:vm`.
]]

-- { { name, its objects' entries }, ... } in the order of their first objects, and all entries.
local function pages()
  local order, by_name, all = {}, {}, help.everything()
  for _, e in ipairs(all) do
    local name = e.kind == "object" and page_of(e)
    if name and not by_name[name] then
      by_name[name] = {}
      order[#order + 1] = name
    end
    if name then table.insert(by_name[name], e) end
  end
  return order, by_name, all
end

--- All files: { ["README.md"] = text, ["testpmd.md"] = ..., ... }.
function docs.files()
  local out, order, by_name, all = {}, pages()
  local index = { MADE, "# What scenarios can call" }
  docs.head(index, "page", "about", "has")
  for _, name in ipairs(order) do
    local lines = { MADE, ("# %s"):format(name) }
    for _, e in ipairs(by_name[name]) do describe(e, all, lines) end
    out[name .. ".md"] = table.concat(lines, "\n") .. "\n"
    index[#index + 1] = index_row(name, by_name[name])
  end
  out["README.md"] = table.concat(index, "\n") .. "\n\n" .. EDITORS
  return out
end

--- Writes them into docs/api, and removes all other files there.
function docs.main()
  local folder = engine.home() .. "/docs/api"
  paths.make(folder)
  local files = docs.files()
  for _, name in ipairs(engine.fs.list(folder)) do
    if not files[name] then assert(os.remove(folder .. "/" .. name)) end
  end
  for name, text in pairs(files) do paths.write(folder .. "/" .. name, text) end
  return 0
end

return docs
