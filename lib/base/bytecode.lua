--- bytecode: lib/ compiled, for a quick start: in a short run parsing takes longest. A module is loaded from it if its
--- source is the compiled one, and from its source otherwise.

local engine = require "engine"

local bytecode = {}

--- The file's first line: bytecode belongs to one LuaJIT, and contains the paths of its sources.
function bytecode.first_line(home)
  return ("moonrig bytecode 3, %s, %s\t%s\n"):format(jit.version, jit.arch, home)
end

--- The digits of the index's length, which follows it: two reads get everything.
bytecode.LENGTH = 12

-- Not the recorded ones of a case (lib/recorder/recorder.lua).
local stat, load_part = engine.fs.stat, engine.fs.load

--- Identifies a file's contents; nil without a file.
function bytecode.stamp(path)
  local st = stat(path)
  return st and ("%.0f:%.6f"):format(st.size, st.mtime)
end

-- The index of a file, a line a module, and where its code begins; nil if it is not of this home.
local function index_of(f, home)
  local line = bytecode.first_line(home)
  local head = f:read(#line + bytecode.LENGTH)
  local length = head and head:sub(1, #line) == line and tonumber(head:sub(#line + 1))
  local index = length and f:read(length)
  if index and #index == length then return index, #head + length end
end

-- A module's source path, stamp, code offset and length; nil without one. A run uses a third of the modules: other
-- lines are not parsed.
local function entry(index, name)
  local _, before = index:find(("\n%s\t"):format(name), 1, true)
  if not before then return nil end
  local path, of, at, length = index:match("^([^\t]+)\t(%S+)\t(%d+)\t(%d+)\n", before + 1)
  return path, of, tonumber(at), tonumber(length)
end

--- A loader for package.loaders, of the bytecode in `file`; nil where there is none for `home`.
function bytecode.loader(file, home)
  -- stays open: parts are read when they are used; e: closed in child processes
  local f = io.open(file, "rbe")
  if not f then return nil end
  f:setvbuf "no"
  local index, code = index_of(f, home)
  return index and function(name)
    local path, of, at, length = entry(index, name)
    if not path or bytecode.stamp(path) ~= of then return nil end
    return load_part(f, code + at, length, "@" .. path)
  end
end

--- Loads lib/ from this program's bytecode, beside it or where it was installed, if there is any.
function bytecode.use()
  local folder = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
  local loader = bytecode.loader(folder .. "/lib.bytecode", engine.home())
    or bytecode.loader(folder .. "/../lib/moonrig/lib.bytecode", engine.home())
  if loader then table.insert(package.loaders, 2, loader) end
end

return bytecode
