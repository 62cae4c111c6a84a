--- man: the man page's source (scdoc): lib/help/moonrig.1.scd, with the verbs as the command line has them.

local paths = require "base.paths"
local rooms = require "base.rooms"

local man = {}

local function escaped(text)
  return (text:gsub("[\\*_]", "\\%0"))
end

-- "*-o* _dir_", "*--cold*".
local function option_words(option)
  local names = {}
  for _, name in ipairs(option._aliases) do names[#names + 1] = "*" .. escaped(name) .. "*" end
  local argument = type(option._argname) == "table" and option._argname[1] or option._argname
  if option._maxargs == 0 then return table.concat(names, ", ") end
  argument = (argument or option._name:gsub("^%-+", "")):gsub("[<>]", "")
  return ("%s _%s_"):format(table.concat(names, ", "), argument)
end

local function argument_words(argument)
  local words = ("_%s_"):format(escaped(argument._name))
  if argument._maxargs > 1 then return ("[%s...]"):format(words) end
  return argument._minargs == 0 and ("[%s]"):format(words) or words
end

local function is_help(option)
  for _, name in ipairs(option._aliases) do
    if name == "--help" then return true end
  end
end

local function describe(command, out)
  local head = { "*" .. escaped(command._name) .. "*" }
  for _, argument in ipairs(command._arguments) do head[#head + 1] = argument_words(argument) end
  out[#out + 1] = table.concat(head, " ")
  out[#out + 1] = "\t" .. escaped(command._description) .. "\n"
  for _, argument in ipairs(command._arguments) do
    if argument._description then
      out[#out + 1] = ("\t_%s_\n\t\t%s\n"):format(escaped(argument._name), escaped(argument._description))
    end
  end
  for _, option in ipairs(command._options) do
    if not is_help(option) then
      out[#out + 1] = ("\t%s\n\t\t%s\n"):format(option_words(option), escaped(option._description))
    end
  end
end

--- The page's source.
function man.source()
  local out, parser = {}, require("cli.cli").parser()
  for _, command in ipairs(parser._commands) do describe(command, out) end
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
