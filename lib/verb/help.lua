--- help: `moonrig help`: the scenario API, the verbs and the documents.

local fail = require "base.fail"
local help = require "help.help"

local function options(command)
  command:argument("name", "A verb, an object (testpmd), a method (t:vm) or a document; api: all objects."):args "?"
end

-- A verb's usage; the program's without a name; nil for an unknown verb.
local function usage_of(parser, name)
  if not name then return parser:get_help() end
  for _, command in ipairs(parser._commands) do
    if command._name == name then return command:get_help() end
  end
end

local function main(o, parser)
  local text, why = help.text(o.name, usage_of(parser, o.name))
  if not text then fail.raise("USAGE", "help", why) end
  print(text)
  return 0
end

return { order = 14, is_about_all = true, main = main, options = options,
  words = "Print the help on a verb, an object, a method or a document; without a name, list them." }
