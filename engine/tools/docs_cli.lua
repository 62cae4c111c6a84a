--- docs_cli: the verbs in docs/cli.md, from the command line.

local engine = require "engine"
local paths = require "base.paths"

local docs = dofile(engine.home() .. "/engine/tools/docs.lua")
local docs_cli = {}

local BEGIN, END = "<!-- made by `make docs` from the command line -->\n", "<!-- end -->\n"

docs_cli.FILE = engine.home() .. "/docs/cli.md"

local function usage(verb)
  local words = { "moonrig " .. verb.name }
  for _, argument in ipairs(verb.arguments) do
    local word = argument.name:upper() .. (argument.is_list and "..." or "")
    words[#words + 1] = argument.is_optional and ("[%s]"):format(word) or word
  end
  return table.concat(words, " ")
end

local function section(verb, out)
  out[#out + 1] = ("### %s\n"):format(verb.name)
  out[#out + 1] = ("`%s`\n\n%s"):format(usage(verb), verb.words)
  if #verb.arguments + #verb.options > 0 then docs.head(out, "option", "meaning") end
  for _, argument in ipairs(verb.arguments) do
    out[#out + 1] = docs.row(("`%s`"):format(argument.name:upper()), argument.words or "")
  end
  for _, option in ipairs(verb.options) do
    local names = table.concat(option.names, "`, `")
    local argument = option.argument and " " .. option.argument:upper() or ""
    out[#out + 1] = docs.row(("`%s%s`"):format(names, argument), option.words)
  end
  out[#out + 1] = ""
end

--- The sections of all verbs, between their marks.
function docs_cli.block()
  local out = {}
  for _, verb in ipairs(dofile(engine.home() .. "/engine/tools/man.lua").verbs()) do section(verb, out) end
  return BEGIN .. "\n" .. table.concat(out, "\n") .. "\n" .. END
end

--- The document's text with the present verbs; nil if it has no marks.
function docs_cli.with(text)
  local first, last = text:find(BEGIN, 1, true), select(2, text:find(END, 1, true))
  if not first or not last then return nil end
  return text:sub(1, first - 1) .. docs_cli.block() .. text:sub(last + 1)
end

--- Writes docs/cli.md.
function docs_cli.main()
  local text = docs_cli.with(assert(paths.read(docs_cli.FILE)))
  if not text then error(("%s has no marks for the verbs: expected %s...%s"):format(docs_cli.FILE, BEGIN, END), 0) end
  paths.write(docs_cli.FILE, text)
  return 0
end

return docs_cli
