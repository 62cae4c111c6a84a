--- new: writes a scenario from a template of lib/help/templates.

local engine = require "engine"
local suggest = require "base.suggest"
local paths = require "base.paths"
local rooms = require "base.rooms"

local new = {}

--- The names of the templates.
function new.templates()
  local out = {}
  for _, name in ipairs(engine.fs.list(rooms.FOLDER .. "help/templates")) do
    out[#out + 1] = name:match "^(.*)%.lua$"
  end
  return out
end

--- The file of a new scenario: a path (it ends in .lua, or begins with / or .) stays as it is. PLAN/NAME is below
--- scripts/ of the working folder, where `run` searches first.
function new.place_of(name)
  if name:find "%.lua$" then return name end
  return (name:find "^%.?/" and "%s.lua" or "scripts/%s.lua"):format(name)
end

--- Writes the scenario. Returns its file, or nil and a message. An existing file is not changed.
function new.write(name, template)
  local text = paths.read(("%shelp/templates/%s.lua"):format(rooms.FOLDER, template))
  if not text or template:find "[/%.]" then
    return nil, ("unknown template %s%s; there are: %s"):format(template, suggest.hint(template, new.templates()),
      table.concat(new.templates(), ", "))
  end
  if not name:find "^[%w_%./-]+$" or name:find "%.%." and not name:find "%.lua$" then
    return nil, ("%q is no name for a scenario: letters, digits, _ and -, as in mine/first"):format(name)
  end
  local file = new.place_of(name)
  if engine.fs.stat(file) then return nil, file .. " already exists: choose another name, or remove it first" end
  local folder = file:match "^(.*)/[^/]*$"
  if folder then paths.make(folder) end
  paths.write(file, (text:gsub("NAME", (file:match "([^/]+)%.lua$"))))
  return file
end

return new
