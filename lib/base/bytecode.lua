--- bytecode: lib/ compiled, for a quick start: in a short run parsing takes longest. A module is loaded from it if its
--- source is the compiled one, and from its source otherwise.

local engine = require "engine"

local bytecode = {}

--- The file's first line: bytecode belongs to one LuaJIT, and contains the paths of its sources.
function bytecode.first_line(home)
  return ("moonrig bytecode 4, %s, %s\t%s\n"):format(jit.version, jit.arch, home)
end

--- The digits of the index's length, which follows it. The index is a chunk, too: it returns { [module] = "AT LENGTH
--- STAMP PATH" }, its code's offset and length, and its source.
bytecode.LENGTH = 12

-- Not the recorded ones of a case (lib/recorder/recorder.lua).
local stamp, load_part = engine.fs.stamp, engine.fs.load

-- The index of a file, and where its code begins; nil if it is not of this home.
local function index_of(f, home)
  local line = bytecode.first_line(home)
  local head = f:read(#line + bytecode.LENGTH)
  local length = head and head:sub(1, #line) == line and tonumber(head:sub(#line + 1))
  local index = length and load_part(f, #head, length, "=index")
  if index then return index(), #head + length end
end

--- A loader for package.loaders, of the bytecode in `file`; nil where there is none for `home`.
function bytecode.loader(file, home)
  -- stays open: parts are read when they are used; e: closed in child processes
  local f = io.open(file, "rbe")
  if not f then return nil end
  f:setvbuf "no"
  local index, code = index_of(f, home)
  return index and function(name)
    local at, length, of, path = (index[name] or ""):match "^(%d+) (%d+) (%S+) (.*)$"
    if not at or stamp(path) ~= of then return nil end
    return load_part(f, code + at, tonumber(length), "@" .. path)
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
