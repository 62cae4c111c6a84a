--- versions: what programs print of themselves and of files. They take longer than a short run: their output is stored
--- in the user's cache, for as long as the file that it is about is the same.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local versions = {}

local function first_line(argv)
  local here = engine.here()
  local r = fail.try(here.run, here, argv, { timeout = 10 })
  return r and r.code == 0 and r.out:match "[^\n]+" or nil
end

--- Identifies a file and its contents, as text; nil without a file. A file that was written and got its old time back
--- has another time of change.
function versions.stamp(path)
  local st = engine.fs.stat(path)
  return st and ("%s %.0f %.0f %.6f %.6f"):format(engine.fs.realpath(path), st.inode, st.size, st.mtime, st.changed)
end

-- A recording has the first 64 KiB of a file that was read: what is longer could not be replayed.
local MOST_BYTES = 48 * 1024

-- Also one whose time is not known, or is no number.
local function age(entry) return type(entry) == "table" and tonumber(entry.at) or 0 end

local function oldest(known)
  local out
  for name, entry in pairs(known) do
    if not out or age(entry) < age(known[out]) then out = name end
  end
  return out
end

-- As text; the oldest entries go where it is too long.
local function encoded(known)
  local text = engine.json.encode(known)
  while #text > MOST_BYTES do
    known[oldest(known)] = nil
    text = engine.json.encode(known)
  end
  return text
end

-- Without a writable cache the program runs each time.
local function store(file, name, text, of)
  local known = paths.read_table(file) or {}
  known[name] = { text = text, of = of, at = engine.time() }
  pcall(function()
    paths.make(file:match "^(.*)/", 448)
    paths.write(file, encoded(known))
  end)
end

--- The first line that a command prints about `path`, nil if it fails. Stored under `name`, and read again once the
--- file at `path` changes; not stored if it changed meanwhile.
function versions.ask(name, argv, path)
  local file = paths.cache() .. "/versions.json"
  local of = versions.stamp(path)
  local known = of and (paths.read_table(file) or {})[name]
  if type(known) == "table" and known.of == of and type(known.text) == "string" then return known.text end
  local text = first_line(argv)
  if text and of and versions.stamp(path) == of then store(file, name, text, of) end
  return text
end

--- The kernel of an image in the cache ("6.1.0-49-cloud-amd64"), from its file; nil if that is not readable.
function versions.guest_kernel(id)
  local path = ("%s/image-%s/vmlinuz"):format(paths.cache(), id)
  local text = versions.ask("guest_kernel", { "grep", "-aom1", "Linux version [0-9][^ ]*", path }, path)
  return text and text:match "^Linux version (%S+)$"
end

return versions
