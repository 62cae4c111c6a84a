--- snapshot: the saved states of guests, shown and cleared.

local snapshot = require "vm.snapshot"

local verb = {}

local function mebibytes(bytes)
  return ("%.0f MiB"):format(bytes / 2 ^ 20)
end

local function show(states)
  local all = 0
  for _, one in ipairs(states) do
    all = all + one.taken
    print(("%-9s %s  used %s  %s"):format(mebibytes(one.taken), one.about or "broken off",
      os.date("%Y-%m-%d %H:%M", one.used), one.folder))
  end
  print(("%d saved %s of guests, %s; at most %s are kept"):format(#states, #states == 1 and "state" or "states",
    mebibytes(all), mebibytes(snapshot.limit())))
  return 0
end

local function clear(states)
  local kept = 0
  for _, one in ipairs(states) do
    local is_gone, why = snapshot.remove(one)
    if not is_gone then kept = kept + 1 end
    print(is_gone and "removed " .. one.folder or ("kept %s: %s"):format(one.folder, why))
  end
  if #states == 0 then print "there are no saved states of guests" end
  return kept == 0 and 0 or 3
end

--- The verb. o: { what = "show" or "clear" }.
function verb.main(o)
  return (o.what == "clear" and clear or show)(snapshot.list())
end

return verb
