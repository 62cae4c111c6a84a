--- readme: README's table of what scenarios call, made of lib/help/stubs.

local api = require "help.api"
local engine = require "engine"
local paths = require "base.paths"

local readme = {}

local BEGIN, END = "<!-- made by `make readme` of lib/help/stubs -->\n", "<!-- end -->\n"

local function row(e, all)
  local _, methods = api.object(all, e.name)
  local names = {}
  for _, m in ipairs(methods) do
    -- what it has of its parent stands there
    if m.of == e.name then names[#names + 1] = ("`%s%s`"):format(m.name, m.args) end
  end
  return ("| `%s` | %s | %s |"):format(e.name, e.doc:match "^(.-)%.%s" or e.doc:match "^(.-)%.?$",
    table.concat(names, ", "))
end

--- The table, with its marks.
function readme.block()
  local all = api.entries()
  local out = { "| | | |", "|---|---|---|" }
  for _, e in ipairs(all) do
    if e.kind == "object" and not e.name:find "%.%u" then out[#out + 1] = row(e, all) end
  end
  return BEGIN .. "\n" .. table.concat(out, "\n") .. "\n\n" .. END
end

--- A README's text with the table as it is to be; nil where there is no place for it.
function readme.with(text)
  local first, last = text:find(BEGIN, 1, true), select(2, text:find(END, 1, true))
  if not first or not last then return nil end
  return text:sub(1, first - 1) .. readme.block() .. text:sub(last + 1)
end

--- Writes it into README.md.
function readme.main()
  local file = engine.home() .. "/README.md"
  local text = readme.with(assert(paths.read(file)))
  if not text then error(("%s has no place for the table: %s...%s"):format(file, BEGIN, END), 0) end
  paths.write(file, text)
  return 0
end

return readme
