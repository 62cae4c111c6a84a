--- bundle: lib/ compiled, for a quick start: parsing it takes longer than all else that a short run does. A module
--- is taken from it for as long as its source is the one that was compiled, and from its source otherwise.

local engine = require "engine"

local bundle = {}

-- Bytecode is of one LuaJIT, and has the paths of its sources in it.
local function first_line(home)
  return ("moonrig bundle 1, %s, %s\t%s\n"):format(jit.version, jit.arch, home)
end

-- What a case asks for is on its tape (lib/tape.lua); what loads its modules asks for itself.
local stat = engine.fs.stat

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
  local index, code, at = {}, {}, 0
  for i, s in ipairs(list) do
    code[i] = string.dump(assert(loadstring(assert(read(s.now), s.now), "@" .. s.path)))
    index[i] = ("%s\t%s\t%s\t%d\t%d\n"):format(s.name, s.path, stamp(s.now), at, #code[i])
    at = at + #code[i]
  end
  local text = ("%s%s\n%s"):format(first_line(home), table.concat(index), table.concat(code))
  require("paths").write(file, text)
end

-- The modules in a bundle: { name = { path, of, at, length } }; nil where it is none of this home's.
local function entries(f, home)
  if f:read(#first_line(home)) ~= first_line(home) then return nil end
  local out = {}
  for line in f:lines() do
    local name, path, of, at, length = line:match "^(%S+)\t([^\t]+)\t(%S+)\t(%d+)\t(%d+)$"
    if not name then return line == "" and out or nil end
    out[name] = { path = path, of = of, at = tonumber(at), length = tonumber(length) }
  end
end

--- A loader for package.loaders, of the bundle in `file`; nil where there is none for `home`.
function bundle.loader(file, home)
  -- open for as long as we are, for no more of it is read than is used; e: not in what we start
  local f = io.open(file, "rbe")
  local index = f and entries(f, home)
  local code = index and f:seek()
  return index and function(name)
    local e = index[name]
    if not e or stamp(e.path) ~= e.of or not f:seek("set", code + e.at) then return nil end
    local text = f:read(e.length)
    return text and #text == e.length and loadstring(text, "@" .. e.path) or nil
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
