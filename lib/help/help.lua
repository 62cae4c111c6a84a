--- help: the stubs (lib/help/api.lua), the kit (lib/help/modules.lua) and the documents as text for a terminal.

local api = require "help.api"
local documents = require "help.documents"
local modules = require "help.modules"
local suggest = require "base.suggest"
local terminal = require "base.terminal"

local help = {}

local WIDTH = 100

-- Adds the words in lines of WIDTH, each behind `indent` blanks.
local function wrapped(text, indent, out)
  if not text:find "%S" then return end
  for _, line in ipairs(terminal.wrapped((" "):rep(indent), text, WIDTH)) do out[#out + 1] = line end
end

local function first_sentence(text) return text:match "^(.-%.)%s" or text end

--- A method with its arguments: "t:vm(options)".
function help.signature(e)
  if e.joint then return e.shown .. e.joint .. e.name .. e.args end
  return ("%s%s%s%s"):format(e.of, e.of == "rig" and "." or ":", e.name, e.args)
end

local function list_params(params, out)
  local longest = 0
  for _, p in ipairs(params) do longest = math.max(longest, #p.name) end
  for _, p in ipairs(params) do
    local words = p.doc ~= "" and p.type .. ": " .. p.doc or p.type
    out[#out + 1] = ("  %-" .. longest .. "s  %s"):format(p.name, words)
  end
end

-- The values of a module, which are no functions.
local function list_values(values, out)
  for _, value in ipairs(values) do
    out[#out + 1] = "  " .. value.name
    wrapped(value.doc, 6, out)
  end
end

local function describe_method(e, all, out)
  out[#out + 1] = help.signature(e) .. (e.returns ~= "" and "  -> " .. e.returns or "")
  wrapped(e.doc, 2, out)
  local params = {}
  for _, p in ipairs(e.params) do
    if p.doc ~= "" then params[#params + 1] = p end
  end
  list_params(params, out)
  local options = api.options_of(all, e)
  if options then
    out[#out + 1] = "options:"
    list_params(options.fields, out)
  end
end

local function describe_object(e, all, out)
  out[#out + 1] = e.is_module and ("local %s = require \"kit.%s\""):format(e.name, e.name) or e.name
  wrapped(e.doc, 2, out)
  if e.is_module then list_values(e.fields, out) else list_params(e.fields, out) end
  local _, methods = api.object(all, e.name)
  for _, m in ipairs(methods) do
    out[#out + 1] = ("  %s"):format(help.signature(m))
    wrapped(first_sentence(m.doc), 6, out)
  end
end

--- The entries of a scenario's objects, and of the modules that it can require.
function help.everything()
  local all = api.entries()
  for _, e in ipairs(modules.entries()) do all[#all + 1] = e end
  return all
end

--- The help on an object, a method ("testpmd:start"), all methods of that name or a document: an array of lines; nil
--- and a message where there is none.
function help.about(words)
  local all = help.everything()
  local found, out = api.find(all, words), {}
  local document = #found == 0 and documents.text(words)
  if document then return { (document:gsub("\n$", "")) } end
  if #found == 0 then
    local names = {}
    for i, one in ipairs(documents.list()) do names[i] = one.name end
    for _, e in ipairs(all) do names[#names + 1] = e.kind == "object" and e.name or e.of .. ":" .. e.name end
    return nil, ("no help on %s%s; `moonrig help api` lists all names"):format(words,
      suggest.hint(words, names))
  end
  for i, e in ipairs(found) do
    if i > 1 then out[#out + 1] = "" end
    local describe = e.kind == "object" and describe_object or describe_method
    describe(e, all, out)
  end
  return out
end

local function list_objects(all, out)
  for _, e in ipairs(all) do
    if e.kind == "object" and not e.name:find "%.%u" then
      local _, methods = api.object(all, e.name)
      local names = {}
      for i, m in ipairs(methods) do names[i] = m.name end
      local at = #out + 1
      wrapped(first_sentence(e.doc), 14, out)
      out[at] = ("%-13s "):format(e.name) .. out[at]:sub(15)
      wrapped(table.concat(names, " "), 14, out)
    end
  end
end

-- A line for each document.
local function list_documents(out)
  out[#out + 1] = "Documents (`moonrig help scenarios` prints one):"
  for _, document in ipairs(documents.list()) do
    out[#out + 1] = ("  %-13s %s"):format(document.name, document.title)
  end
  out[#out + 1] = "  in " .. documents.folder()
end

--- All objects and modules with their methods' names, and the documents: an array of lines.
function help.overview()
  local out = {}
  list_objects(api.entries(), out)
  out[#out + 1] = ""
  out[#out + 1] = "Modules, for `local oracle = require \"kit.oracle\"`:"
  list_objects(modules.entries(), out)
  out[#out + 1] = ""
  list_documents(out)
  out[#out + 1] = ""
  out[#out + 1] = "`moonrig help testpmd` prints an object, `moonrig help t:testpmd` a method and its options."
  return out
end

-- What scenarios have of a verb's name, too: an object as a whole, methods by their names.
local function list_namesakes(name, out)
  local names = {}
  for _, e in ipairs(api.find(help.everything(), name)) do
    if e.kind == "object" then
      out[#out + 1] = ""
      describe_object(e, help.everything(), out)
    else
      names[#names + 1] = ("`moonrig help %s:%s`"):format(e.of, e.name)
    end
  end
  if #names > 0 then out[#out + 1] = ("\nIn scenarios: %s."):format(table.concat(names, ", ")) end
end

-- The usage of a verb, or of moonrig (no name), and where more is.
local function with_documents(name, usage)
  local out = { (usage:gsub("\n$", "")) }
  if not name then
    out[2] = ""
    list_documents(out)
  else
    if documents.file(name) then
      out[2] = ("\nSee %s: `moonrig help %s.md`."):format(documents.file(name), name)
    end
    list_namesakes(name, out)
  end
  return table.concat(out, "\n")
end

--- The text of `moonrig help NAME`; nil and a line where there is none. `usage`: that of the verb of this name, or of
--- moonrig where `name` is nil; nil for what is no verb. A document that has a verb's name is printed as NAME.md.
function help.text(name, usage)
  if usage then return with_documents(name, usage) end
  if name == "api" then return table.concat(help.overview(), "\n") end
  local lines, why = help.about(name)
  return lines and table.concat(lines, "\n"), why
end

return help
