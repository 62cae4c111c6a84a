--- leaks: what a file of specs leaves behind: a resource that is open, a process, a descriptor, a file in our $TMPDIR,
--- an entry in the cache's journal/ and attach/ (whose process is gone, or is ours). busted loads this as its helper:
--- each file's end is checked, and a file that leaves something fails.

local busted = require "busted"
local engine = require "engine"
local paths = require "base.paths"

--- What ends of itself has as long as this.
local leaks = { patience = 10 }

local function ppid_of(pid)
  return (paths.read(("/proc/%s/stat"):format(pid)) or ""):match "^%d+ %(.*%) %a (%d+)"
end

-- Our parent is our guard: what loses its own parent becomes the guard's child.
local OWN, GUARD = tostring(engine.sys.pid()), ppid_of "self"

-- Are we, or is our guard, above it?
local function is_ours(pid)
  while pid and pid ~= "0" do
    if pid == GUARD or pid == OWN then return true end
    pid = ppid_of(pid)
  end
  return false
end

local function add_processes(out)
  for _, pid in ipairs(engine.fs.list "/proc") do
    if pid:find "^%d+$" and pid ~= OWN and pid ~= GUARD and is_ours(pid) then
      local words = (paths.read(("/proc/%s/cmdline"):format(pid)) or ""):gsub("%z", " ")
      local name = (paths.read(("/proc/%s/stat"):format(pid)) or ""):match "%(.*%) %a"
      -- gone meanwhile
      if name then out[("process %s %s: %s"):format(pid, name, words)] = true end
    end
  end
end

local function add_descriptors(out)
  for _, fd in ipairs(engine.fs.list "/proc/self/fd") do
    -- not that of the look itself
    if engine.fs.stat("/proc/self/fd/" .. fd) then out["descriptor " .. fd] = true end
  end
end

local function add_entries(out)
  for _, folder in ipairs { "journal", "attach" } do
    for _, name in ipairs(engine.fs.list(paths.cache() .. "/" .. folder) or {}) do
      local pid = name:match "^%d+"
      local is_others = pid and not is_ours(pid) and engine.fs.stat("/proc/" .. pid)
      if pid ~= OWN and pid ~= GUARD and not is_others then out[("cache entry %s/%s"):format(folder, name)] = true end
    end
  end
end

--- All that is there now, as a set of words.
function leaks.look()
  -- a file that nothing refers to any more is not one left open
  collectgarbage()
  collectgarbage()
  local out, count = {}, {}
  for _, r in ipairs(engine.open_resources()) do
    local name = ("open %s %q"):format(r.kind, r.name or "")
    count[name] = (count[name] or 0) + 1
    out[count[name] > 1 and ("%s (%d)"):format(name, count[name]) or name] = true
  end
  add_processes(out)
  add_descriptors(out)
  add_entries(out)
  local tmp = os.getenv "TMPDIR"
  for _, name in ipairs(engine.fs.list(tmp)) do out[("file %s/%s"):format(tmp, name)] = true end
  return out
end

-- Where a descriptor leads.
local function named(word)
  local fd = word:match "^descriptor (%d+)$"
  if not fd then return word end
  local r = engine.here():run { "readlink", ("/proc/%s/fd/%s"):format(OWN, fd) }
  return ("%s (%s)"):format(word, r and r.out:match "[^\n]+" or "closed meanwhile")
end

--- What is there that was not `before`, sorted; empty once all of that is gone, for which it waits.
function leaks.since(before)
  local deadline, left = engine.now() + leaks.patience, nil
  repeat
    if left then engine.elapse(0.05) end
    left = {}
    for word in pairs(leaks.look()) do
      if not before[word] then left[#left + 1] = word end
    end
  until #left == 0 or engine.now() > deadline
  table.sort(left)
  for i, word in ipairs(left) do left[i] = named(word) end
  return left
end

local before
busted.subscribe({ "file", "start" }, function() before = leaks.look() end)
busted.subscribe({ "file", "end" }, function(file)
  local left = leaks.since(before)
  if #left > 0 then error(("%s leaves behind:\n  %s"):format(file.name, table.concat(left, "\n  ")), 0) end
end)

return leaks
