--- rooms: the rooms of lib/, and the files of its modules: "dpdk.parse" is lib/dpdk/parse.lua.

local engine = require "engine"

local rooms = {}

--- In this order: a room requires itself and those before it.
rooms.ORDER = { "base", "recorder", "host", "dpdk", "vm", "help", "kit", "case", "results", "report", "format", "repl",
  "run", "replay", "sabotage", "verb", "cli" }

--- lib/, with its slash.
rooms.FOLDER = debug.getinfo(1, "S").source:match "^@(.*/)base/[^/]*$"

local is_room = {}
for _, room in ipairs(rooms.ORDER) do is_room[room] = true end

--- The room of a module's name; nil for a module outside lib/.
function rooms.of(name)
  local room = name:match "^(%l+)%.[%w_]+$"
  return is_room[room] and room or nil
end

--- The file of a module's name.
function rooms.file(name) return ("%s%s.lua"):format(rooms.FOLDER, (name:gsub("%.", "/"))) end

--- The modules of a room, sorted: "kit.oracle", ...
function rooms.modules(room)
  local names = {}
  for _, file in ipairs(engine.fs.list(rooms.FOLDER .. room) or {}) do
    local name = file:match "^([%w_]+)%.lua$"
    if name then names[#names + 1] = ("%s.%s"):format(room, name) end
  end
  return names
end

--- The modules of all rooms.
function rooms.all()
  local names = {}
  for _, room in ipairs(rooms.ORDER) do
    for _, name in ipairs(rooms.modules(room)) do names[#names + 1] = name end
  end
  return names
end

return rooms
