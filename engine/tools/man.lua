--- man: the man page's source (scdoc): lib/help/moonrig.1.scd with the verbs.

local paths = require "base.paths"
local rooms = require "base.rooms"

local man = {}

local function argument_of(option)
  if option._maxargs == 0 then return nil end
  local argument = type(option._argname) == "table" and option._argname[1] or option._argname
  return (argument or option._name:gsub("^%-+", "")):gsub("[<>]", "")
end

local function options_of(command)
  local out = {}
  for _, option in ipairs(command._options) do
    if option._aliases[#option._aliases] ~= "--help" then
      out[#out + 1] = { names = option._aliases, argument = argument_of(option), words = option._description }
    end
  end
  return out
end

--- The verbs of the command line: an array of { name, words, arguments = { { name, words, is_optional, is_list } },
--- options = { { names, argument (nil for a flag), words } } }.
function man.verbs()
  local out = {}
  for i, command in ipairs(require("cli.cli").parser()._commands) do
    local arguments = {}
    for k, argument in ipairs(command._arguments) do
      arguments[k] = { name = argument._name, words = argument._description, is_optional = argument._minargs == 0,
        is_list = argument._maxargs > 1 }
    end
    out[i] = { name = command._name, words = command._description, arguments = arguments,
      options = options_of(command) }
  end
  return out
end

local function escaped(text)
  return (text:gsub("[\\*_]", "\\%0"))
end

-- "*-o* _dir_", "*--cold*".
local function option_words(option)
  local names = {}
  for i, name in ipairs(option.names) do names[i] = "*" .. escaped(name) .. "*" end
  local words = table.concat(names, ", ")
  return option.argument and ("%s _%s_"):format(words, option.argument) or words
end

local function argument_words(argument)
  local words = ("_%s_"):format(escaped(argument.name))
  if argument.is_list then return ("[%s...]"):format(words) end
  return argument.is_optional and ("[%s]"):format(words) or words
end

local function describe(verb, out)
  local head = { "*" .. escaped(verb.name) .. "*" }
  for _, argument in ipairs(verb.arguments) do head[#head + 1] = argument_words(argument) end
  out[#out + 1] = table.concat(head, " ")
  out[#out + 1] = "\t" .. escaped(verb.words) .. "\n"
  for _, argument in ipairs(verb.arguments) do
    if argument.words then
      out[#out + 1] = ("\t_%s_\n\t\t%s\n"):format(escaped(argument.name), escaped(argument.words))
    end
  end
  for _, option in ipairs(verb.options) do
    out[#out + 1] = ("\t%s\n\t\t%s\n"):format(option_words(option), escaped(option.words))
  end
end

--- The page's source.
function man.source()
  local out = {}
  for _, verb in ipairs(man.verbs()) do describe(verb, out) end
  out[#out + 1] = "*--version*\n\tPrint the version."
  local text = assert(paths.read(rooms.FOLDER .. "help/moonrig.1.scd"))
  local verbs = table.concat(out, "\n")
  return (text:gsub("@VERBS@", function() return verbs end))
end

--- Prints it.
function man.main()
  io.stdout:write(man.source())
  return 0
end

return man
