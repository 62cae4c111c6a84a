--- attach_registry: which rigs are up that a terminal can join (`moonrig attach`): a file each in the user's cache.

local engine = require "engine"
local suggest = require "base.suggest"
local paths = require "base.paths"

local attach_registry = {}

local function folder()
  return paths.make(paths.cache() .. "/attach", 448)
end

--- Tells of a rig of this process: { socket, name, run (a run's id; nil: a REPL) }. `ctx` has the file removed.
function attach_registry.enter(ctx, entry)
  local file = ("%s/%d.json"):format(folder(), engine.sys.pid())
  ctx:own_tree(file)
  entry.pid, entry.since = engine.sys.pid(), engine.time()
  paths.write(file, engine.json.encode(entry))
end

local function is_up(entry)
  return type(entry) == "table" and type(entry.socket) == "string" and type(entry.name) == "string"
    and engine.fs.stat(entry.socket) ~= nil
end

--- Those that are up, the newest last: { { socket, name, run, pid, since }, ... }.
function attach_registry.list()
  local out = {}
  for _, name in ipairs(engine.fs.list(folder()) or {}) do
    local file = folder() .. "/" .. name
    local entry = name:find "%.json$" and engine.json.decode(paths.read(file) or "")
    if is_up(entry) then
      out[#out + 1] = entry
    elseif entry and not engine.fs.stat("/proc/" .. name:match "^%d*") then
      -- a power cut's
      os.remove(file)
    end
  end
  table.sort(out, function(a, b) return a.since < b.since end)
  return out
end

local function label(entry)
  return (entry.run and entry.run .. " " or "") .. entry.name
end

--- The one that `words` (a run's id, or a part of it, or a case's name) mean; without words the only one there is. nil
--- and a line where it is none, or not one.
function attach_registry.find(words)
  local all, found, names = attach_registry.list(), {}, {}
  for _, entry in ipairs(all) do
    names[#names + 1] = label(entry)
    if not words or label(entry):find(words, 1, true) then found[#found + 1] = entry end
  end
  if #all == 0 then return nil, "no rig is up: a REPL is one, and a run that goes on, pauses or is kept (--keep)" end
  if #found == 1 then return found[1] end
  if #found == 0 then
    return nil, ("no rig that is up is called %s%s; there are: %s"):format(words, suggest.hint(words, names),
      table.concat(names, ", "))
  end
  return nil, "more than one rig is up: name one of " .. table.concat(names, ", ")
end

return attach_registry
