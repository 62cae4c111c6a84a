--- bytecode: compiles lib/ into one file, for lib/base/bytecode.lua to load.

local bytecode = require "base.bytecode"
local engine = require "engine"
local paths = require "base.paths"
local rooms = require "base.rooms"

local compiler = {}

-- All modules: { name, now (its source), path (its source once installed below `home`) }.
local function sources(home)
  local out = {}
  for _, name in ipairs(rooms.all()) do
    local file = rooms.file(name)
    out[#out + 1] = { name = name, now = file, path = ("%s/lib/%s"):format(home, file:sub(#rooms.FOLDER + 1)) }
  end
  local argparse = package.searchpath("argparse", package.path)
  if argparse then out[#out + 1] = { name = "argparse", now = argparse, path = argparse } end
  return out
end

--- Compiles `list` (as above) into `file`, for a moonrig whose home is `home`.
function compiler.compile(file, home, list)
  local entries, code, at = {}, {}, 0
  for i, s in ipairs(list) do
    code[i] = string.dump(assert(loadstring(assert(paths.read(s.now)), "@" .. s.path)))
    entries[i] = ("[%q]=%q"):format(s.name, ("%d %d %s %s"):format(at, #code[i], engine.fs.stamp(s.now), s.path))
    at = at + #code[i]
  end
  local index = string.dump(loadstring(("return {%s}"):format(table.concat(entries, ","))), true)
  local length = ("%%%dd"):format(bytecode.LENGTH):format(#index)
  paths.write(file, bytecode.first_line(home) .. length .. index .. table.concat(code))
end

--- args: { this file, the file to write, home (the folder of lib/ once installed; default: ours) }.
function compiler.main(args)
  local home = args[3] or engine.home()
  compiler.compile(args[2], home, sources(home))
  return 0
end

return compiler
