--- bundle: lib/ compiled, for a quick start: parsing it takes longer than all else that a short run does. A module
--- is taken from it for as long as its source is the one that was compiled, and from its source otherwise.

local engine = require "engine"

local bundle = {}

-- Bytecode is of one LuaJIT, and has the paths of its sources in it.
local function first_line(home)
  return ("moonrig bundle 2, %s, %s\t%s\n"):format(jit.version, jit.arch, home)
end

-- Behind it the length of the index, so that two reads have it all.
local LENGTH = 12

-- What a case asks for is on its tape (lib/tape.lua); what loads its modules asks for itself.
local stat, load_part = engine.fs.stat, engine.fs.load

-- Which text it was; nil where there is none.
local function stamp(path)
  local st = stat(path)
  return st and ("%.0f:%.6f"):format(st.size, st.mtime)
end

local function read(path)
  local f = io.open(path, "rb")
  local text = f and f:read "*a"
  if f then f:close() end
  return text
end

-- What is compiled: path of the source as it is now, and as it is once installed below `home`.
local function sources(home)
  local out, from = {}, engine.home() .. "/lib"
  local function add(folder, prefix)
    for _, name in ipairs(engine.fs.list(from .. folder)) do
      local module = name:match "^(.*)%.lua$"
      local path = ("%s/%s"):format(folder, name)
      if module then out[#out + 1] = { name = prefix .. module, now = from .. path, path = home .. "/lib" .. path } end
    end
  end
  add("", "")
  add("/sabotage", "sabotage.")
  for path in package.path:gmatch "[^;]+" do
    local file = path:gsub("%?", "argparse")
    if engine.fs.stat(file) then
      out[#out + 1] = { name = "argparse", now = file, path = file }
      break
    end
  end
  return out
end

--- Compiles `list`, { { name, now (where its source is), path (where it will be) }, ... }, into `file`, for a
--- moonrig whose home is `home`.
function bundle.compile(file, home, list)
  -- each line of the index stands between two ends of lines
  local index, code, at = { "" }, {}, 0
  for i, s in ipairs(list) do
    code[i] = string.dump(assert(loadstring(assert(read(s.now), s.now), "@" .. s.path)))
    index[i + 1] = ("%s\t%s\t%s\t%d\t%d"):format(s.name, s.path, stamp(s.now), at, #code[i])
    at = at + #code[i]
  end
  local lines = table.concat(index, "\n") .. "\n"
  local length = ("%%%dd"):format(LENGTH):format(#lines)
  require("paths").write(file, first_line(home) .. length .. lines .. table.concat(code))
end

-- The index of a bundle, a line a module, and where its code begins; nil where it is none of this home's.
local function index_of(f, home)
  local line = first_line(home)
  local head = f:read(#line + LENGTH)
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

--- A loader for package.loaders, of the bundle in `file`; nil where there is none for `home`.
function bundle.loader(file, home)
  -- open for as long as we are, for no more of it is read than is used; e: not in what we start
  local f = io.open(file, "rbe")
  if not f then return nil end
  -- each read is of what is wanted, no more
  f:setvbuf "no"
  local index, code = index_of(f, home)
  return index and function(name)
    local path, of, at, length = entry(index, name)
    if not path or stamp(path) ~= of then return nil end
    return load_part(f, code + at, length, "@" .. path)
  end
end

--- Takes lib/ from the bundle of this program, where there is one: beside it, or where it was installed.
function bundle.use()
  local folder = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
  local loader = bundle.loader(folder .. "/lib.bundle", engine.home())
    or bundle.loader(folder .. "/../lib/moonrig/lib.bundle", engine.home())
  if loader then table.insert(package.loaders, 2, loader) end
end

--- The verb. args: { "_bundle", file, home (where it will be installed; ours, unless given) }.
function bundle.main(args)
  local home = args[3] or engine.home()
  bundle.compile(args[2], home, sources(home))
  return 0
end

return bundle
