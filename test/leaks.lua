--- leaks: fails a spec file that leaves something behind: an open resource, a process, a descriptor, a file in $TMPDIR,
--- or an entry of a dead process, or of ours, in the cache's journal/ and attach/. busted loads it as its helper.

local busted = require "busted"
local engine = require "engine"
local paths = require "base.paths"

--- Seconds that leftovers have to end by themselves.
local leaks = { patience = 10 }

local function ppid_of(pid)
  return (paths.read(("/proc/%s/stat"):format(pid)) or ""):match "^%d+ %(.*%) %a (%d+)"
end

-- Our parent is our guard, which adopts processes without a parent.
local OWN, GUARD = tostring(engine.sys.pid()), ppid_of "self"

-- Is it a descendant of ours, or of our guard?
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
      -- nil: the process is gone
      if name then out[("process %s %s: %s"):format(pid, name, words)] = true end
    end
  end
end

local function add_descriptors(out)
  for _, fd in ipairs(engine.fs.list "/proc/self/fd") do
    -- the descriptor of this list is closed by now
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

--- Everything that exists now, as a set of words.
function leaks.look()
  -- closes files without a reference, which are no leaks
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

-- Adds the file of a descriptor.
local function named(word)
  local fd = word:match "^descriptor (%d+)$"
  if not fd then return word end
  local r = engine.here():run { "readlink", ("/proc/%s/fd/%s"):format(OWN, fd) }
  return ("%s (%s)"):format(word, r and r.out:match "[^\n]+" or "closed meanwhile")
end

--- Everything that exists now and did not exist `before`, sorted. Waits until all of it is gone, for leaks.patience.
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
