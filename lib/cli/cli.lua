--- cli: the command line: finds the verb's file in lib/verb, parses its options, runs it, returns the exit status.
---
--- A verb is a file of lib/verb that returns { words (for the help), options (function(argparse's command), or nil),
--- main (function(options, parser): the exit status), order (its place in the help), sweeps (first undo the leftovers
--- of killed runs), is_about_all (its parser has all verbs) }. A verb whose name begins with _ is for programs; its
--- main gets the raw arguments.

local engine = require "engine"
local fail = require "base.fail"
local rooms = require "base.rooms"

local cli = {}

local INTERRUPTED, BROKEN, USAGE = 2, 3, 4

-- An error's code as an exit status.
local STATUS = { NOTHING = 5, USAGE = USAGE }

local function write_error(text)
  io.stdout:flush()
  io.stderr:write("moonrig: ", (tostring(text):gsub("\n+$", "")), "\n")
end

-- A verb by its name, or nil.
local function verb_of(name)
  local module = "verb." .. name
  if package.loaded[module] then return package.loaded[module] end
  if not name:find "^[%l_]+$" or not engine.fs.stat(rooms.file(module)) then return nil end
  return require(module)
end

-- The names of the public verbs, in the order of the help.
local function names()
  local out, order = {}, {}
  for _, module in ipairs(rooms.modules "verb") do
    local name = module:match "^verb%.([^_].*)$"
    if name then
      out[#out + 1], order[name] = name, require(module).order or math.huge
    end
  end
  table.sort(out, function(a, b)
    if order[a] ~= order[b] then return order[a] < order[b] end
    return a < b
  end)
  return out
end

--- argparse's parser of all verbs; or of verb `name` alone, so that no other verb's file is loaded.
function cli.parser(name)
  local verb = name and verb_of(name)
  local argparse = require "argparse"
  local p = argparse("moonrig", "Runs DPDK test scenarios written in Lua against the real thing.")
    :epilog("Exit status: 0 all passed or skipped, 1 failures, 2 interrupted, 3 errors or a broken setup, "
      .. "4 usage, 5 nothing selected, 6 some passed on a retry only.")
  p:flag("--version", "Print the version."):action(function()
    print("moonrig " .. engine.version)
    os.exit(0)
  end)
  p:command_target "verb"
  p:require_command(true)
  for _, one in ipairs(verb and not verb.is_about_all and { name } or names()) do
    local command = p:command(one, verb_of(one).words)
    if verb_of(one).options then verb_of(one).options(command) end
  end
  return p
end

local function sweep()
  local swept = engine.sweep(require("base.paths").journal())
  if swept > 0 then write_error(("cleaned up after %d killed %s"):format(swept, swept == 1 and "run" or "runs")) end
end

local function guarded(fn, ...)
  local ok, status = pcall(fn, ...)
  if ok then return status end
  local is_cancel = fail.is_cancel(status)
  engine.clear_cancel()
  if is_cancel then
    write_error "interrupted"
    return INTERRUPTED
  end
  write_error(status)
  return STATUS[fail.code(status)] or BROKEN
end

-- argparse puts its suggestion on a second line.
local function usage_error(words, name)
  words = words:gsub("\nDid you mean ([^\n]*)", " (did you mean %1)")
  write_error(("%s; see `moonrig %s--help`"):format(words, name and name .. " " or ""))
  return USAGE
end

--- The main function. args: { "run", "-v", ... }. Returns the exit status.
function cli.main(args)
  local name = args[1]
  local verb = name and verb_of(name)
  if verb and name:find "^_" then return verb.main(args) end
  if name and not verb and not name:find "^%-" then
    return usage_error(("unknown verb %s%s"):format(name, require("base.suggest").hint(name, names())))
  end
  local p = cli.parser(name)
  local ok, o = p:pparse(args)
  if not ok then return usage_error(o, verb and name) end
  verb = verb_of(o.verb)
  return guarded(function()
    if verb.sweeps then sweep() end
    return verb.main(o, p)
  end)
end

return cli
