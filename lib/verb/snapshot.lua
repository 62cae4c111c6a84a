--- snapshot: `moonrig snapshot`: lists and clears the snapshots of guests.

local snapshot = require "vm.snapshot"

local function mebibytes(bytes)
  return ("%.0f MiB"):format(bytes / 2 ^ 20)
end

local function show(snapshots)
  local all = 0
  for _, one in ipairs(snapshots) do
    all = all + one.taken
    print(("%-9s %s  used %s  %s"):format(mebibytes(one.taken), one.about or "incomplete",
      os.date("%Y-%m-%d %H:%M", one.used), one.folder))
  end
  print(("%d %s of guests, %s; the limit is %s"):format(#snapshots, #snapshots == 1 and "snapshot" or "snapshots",
    mebibytes(all), mebibytes(snapshot.limit())))
  return 0
end

local function clear(snapshots)
  local status = 0
  for _, one in ipairs(snapshots) do
    local ok, why = snapshot.remove(one)
    if not ok then status = 3 end
    print(ok and "removed " .. one.folder or ("not removed: %s: %s"):format(one.folder, why))
  end
  if #snapshots == 0 then print "no snapshots of guests" end
  return status
end

local function options(command)
  command:argument("what", "show, or clear."):choices { "show", "clear" }:default "show":args "?"
end

local function main(o)
  return (o.what == "clear" and clear or show)(snapshot.list())
end

return { order = 12, sweeps = true, main = main, options = options,
  words = "List the snapshots that guests start from, or clear them." }
