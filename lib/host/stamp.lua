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
  local argv, list, out, now = { "stat", "-L", "--printf", "%Z %i %d %s %y %z\\n", "--" }, {}, {}, engine.time()
  for _, path in pairs(files) do list[#list + 1] = path end
  table.sort(list)
  for _, path in ipairs(list) do argv[#argv + 1] = path end
  local i = 0
  for changed, text in script.command(argv):gmatch "(%d+) ([^\n]+)\n" do
    i = i + 1
    out[list[i]] = { stamp = text, is_fresh = now - tonumber(changed) < FRESH }
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
