--- snapshot: `moonrig snapshot`: the snapshots of guests, shown and cleared.

local snapshot = require "vm.snapshot"

local function mebibytes(bytes)
  return ("%.0f MiB"):format(bytes / 2 ^ 20)
end

local function show(snapshots)
  local all = 0
  for _, one in ipairs(snapshots) do
    all = all + one.taken
    print(("%-9s %s  used %s  %s"):format(mebibytes(one.taken), one.about or "broken off",
      os.date("%Y-%m-%d %H:%M", one.used), one.folder))
  end
  print(("%d %s of guests, %s; at most %s are kept"):format(#snapshots, #snapshots == 1 and "snapshot" or "snapshots",
    mebibytes(all), mebibytes(snapshot.limit())))
  return 0
end

local function clear(snapshots)
  local kept = 0
  for _, one in ipairs(snapshots) do
    local is_gone, why = snapshot.remove(one)
    if not is_gone then kept = kept + 1 end
    print(is_gone and "removed " .. one.folder or ("kept %s: %s"):format(one.folder, why))
  end
  if #snapshots == 0 then print "there are no snapshots of guests" end
  return kept == 0 and 0 or 3
end

local function options(command)
  command:argument("what", "show, or clear."):choices { "show", "clear" }:default "show":args "?"
end

local function main(o)
  return (o.what == "clear" and clear or show)(snapshot.list())
end

return { order = 12, sweeps = true, main = main, options = options,
  words = "Show the snapshots of guests, from which runs start them; or clear them." }
