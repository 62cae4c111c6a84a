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
  -- a newline before and after each line of the index
  local index, code, at = { "" }, {}, 0
  for i, s in ipairs(list) do
    code[i] = string.dump(assert(loadstring(assert(paths.read(s.now)), "@" .. s.path)))
    index[i + 1] = ("%s\t%s\t%s\t%d\t%d"):format(s.name, s.path, bytecode.stamp(s.now), at, #code[i])
    at = at + #code[i]
  end
  local lines = table.concat(index, "\n") .. "\n"
  local length = ("%%%dd"):format(bytecode.LENGTH):format(#lines)
  paths.write(file, bytecode.first_line(home) .. length .. lines .. table.concat(code))
end

--- args: { this file, the file to write, home (the folder of lib/ once installed; default: ours) }.
function compiler.main(args)
  local home = args[3] or engine.home()
  compiler.compile(args[2], home, sources(home))
  return 0
end

return compiler
