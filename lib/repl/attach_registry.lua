--- attach_registry: the running cases and REPLs that a terminal can attach to, a file each in the user's cache.

local engine = require "engine"
local fail = require "base.fail"
local suggest = require "base.suggest"
local paths = require "base.paths"

local attach_registry = {}

local function folder() return paths.make(paths.cache() .. "/attach", 448) end

--- Adds one of this process: { socket, name, run (its id; nil: a REPL) }. `ctx` removes the file at its end.
function attach_registry.enter(ctx, entry)
  local file = ("%s/%d.json"):format(folder(), engine.sys.pid())
  ctx:own_tree(file, true)
  entry.pid, entry.since = engine.sys.pid(), engine.time()
  paths.write(file, engine.json.encode(entry))
end

local function is_running(entry)
  return type(entry) == "table" and type(entry.socket) == "string" and type(entry.name) == "string"
    and engine.fs.stat(entry.socket) ~= nil
end

--- All entries, the newest last: { { socket, name, run, pid, since }, ... }.
function attach_registry.list()
  local out = {}
  for _, name in ipairs(engine.fs.list(folder()) or {}) do
    local file = folder() .. "/" .. name
    local entry = name:find "%.json$" and engine.json.decode(paths.read(file) or "")
    if is_running(entry) then
      out[#out + 1] = entry
    elseif entry and not engine.fs.stat("/proc/" .. name:match "^%d*") then
      -- left by a power cut
      os.remove(file)
    end
  end
  table.sort(out, function(a, b) return a.since < b.since end)
  return out
end

local function label(entry) return (entry.run and entry.run .. " " or "") .. entry.name end

--- The entry with `words` in its run's id or its name; without words the only entry. Raises an error for `verb`
--- otherwise.
function attach_registry.find(words, verb)
  local all, found, names = attach_registry.list(), {}, {}
  for _, entry in ipairs(all) do
    names[#names + 1] = label(entry)
    if not words or label(entry):find(words, 1, true) then found[#found + 1] = entry end
  end
  if #found == 1 then return found[1] end
  local why = "several cases run: name one of " .. table.concat(names, ", ")
  if #all == 0 then
    why = "nothing to attach to: start `moonrig repl`, or a run that pauses (t:pause, --keep)"
  elseif #found == 0 then
    why = ("nothing with the name %s%s; running: %s"):format(words, suggest.hint(words, names),
      table.concat(names, ", "))
  end
  fail.raise("NOTHING", verb, why)
end

return attach_registry
