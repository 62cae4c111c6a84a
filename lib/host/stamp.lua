--- stamp: what the kernel knows of files, as text: another content has another stamp, whatever its name, size and time
--- of change: nobody sets the time at which the inode changed.

local engine = require "engine"
local script = require "host.script"

local stamp = {}

-- Seconds in which times of files may stand still.
local FRESH = 2

--- Stamps of files (a table of paths): { [path] = { stamp, is_fresh } }. Times are coarse: another content may follow a
--- fresh one under the same stamp. Raises for a file that is gone.
function stamp.of(files)
  local argv, list = { "stat", "-L", "-c", "%Z %i %d %s %y %z %n" }, {}
  for _, path in pairs(files) do list[#list + 1] = path end
  table.sort(list)
  for _, path in ipairs(list) do argv[#argv + 1] = path end
  local out, now = {}, engine.time()
  for line in script.command(argv):gmatch "[^\n]+" do
    local changed, text, path = line:match "^(%d+) (.* [-+]%d+) (/.*)$"
    if path then out[path] = { stamp = text, is_fresh = now - tonumber(changed) < FRESH } end
  end
  return out
end

--- Have all files the same stamps as before?
function stamp.is_same(before, after)
  for path, one in pairs(after) do
    if not before[path] or before[path].stamp ~= one.stamp then return false end
  end
  return true
end

return stamp
