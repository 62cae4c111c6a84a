--- bytecode: lib/ compiled, for a quick start: parsing it takes longer than all else that a short run does. A module
--- is taken from it for as long as its source is the one that was compiled, and from its source otherwise.

local engine = require "engine"

local bytecode = {}

--- The file's first line. Bytecode is of one LuaJIT, and has the paths of its sources in it.
function bytecode.first_line(home)
  return ("moonrig bytecode 3, %s, %s\t%s\n"):format(jit.version, jit.arch, home)
end

--- Behind it the length of the index, in so many digits: two reads have it all.
bytecode.LENGTH = 12

-- What a case asks for is recorded (lib/recorder/recorder.lua); what loads its modules asks for itself.
local stat, load_part = engine.fs.stat, engine.fs.load

--- Which text a file holds; nil where there is no file.
function bytecode.stamp(path)
  local st = stat(path)
  return st and ("%.0f:%.6f"):format(st.size, st.mtime)
end

-- The index of a file, a line a module, and where its code begins; nil where it is none of this home's.
local function index_of(f, home)
  local line = bytecode.first_line(home)
  local head = f:read(#line + bytecode.LENGTH)
  local length = head and head:sub(1, #line) == line and tonumber(head:sub(#line + 1))
  local index = length and f:read(length)
  if index and #index == length then return index, #head + length end
end

-- Where a module's source is, its stamp, where its code is and how long; nil where there is none. A run uses a third of
-- them: the others' lines are not taken apart.
local function entry(index, name)
  local _, before = index:find(("\n%s\t"):format(name), 1, true)
  if not before then return nil end
  local path, of, at, length = index:match("^([^\t]+)\t(%S+)\t(%d+)\t(%d+)\n", before + 1)
  return path, of, tonumber(at), tonumber(length)
end

--- A loader for package.loaders, of the bytecode in `file`; nil where there is none for `home`.
function bytecode.loader(file, home)
  -- open for as long as we are, for no more of it is read than is used; e: not in what we start
  local f = io.open(file, "rbe")
  if not f then return nil end
  -- each read is of what is wanted, no more
  f:setvbuf "no"
  local index, code = index_of(f, home)
  return index and function(name)
    local path, of, at, length = entry(index, name)
    if not path or bytecode.stamp(path) ~= of then return nil end
    return load_part(f, code + at, length, "@" .. path)
  end
end

--- Takes lib/ from the bytecode of this program, where there is one: beside it, or where it was installed.
function bytecode.use()
  local folder = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
  local loader = bytecode.loader(folder .. "/lib.bytecode", engine.home())
    or bytecode.loader(folder .. "/../lib/moonrig/lib.bytecode", engine.home())
  if loader then table.insert(package.loaders, 2, loader) end
end

return bytecode
