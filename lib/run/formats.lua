--- formats: the report formats of lib/format: the files they write into a run's folder, and the output they show.
---
--- A format is a file of lib/format that returns a table:
---   file            the name of its file in the run's folder, made by text(run) or write(run, folder)
---   is_optional     an error with its file is only a notice
---   prepare()       reads ahead, before the run's end
---   order           a number; formats without one come last
---   options(command), screen(write, count, screen)
---                   an option of `run` with the format's name, and a screen in place of `screen` or around it
---   for_programs    its stdout is for programs

local fail = require "base.fail"
local paths = require "base.paths"
local rooms = require "base.rooms"

local formats = {}

local all

--- All formats, in their order.
function formats.all()
  if all then return all end
  all = {}
  for _, module in ipairs(rooms.modules "format") do
    local format = require(module)
    format.name = module:match "[^.]+$"
    all[#all + 1] = format
  end
  table.sort(all, function(a, b)
    local x, y = a.order or math.huge, b.order or math.huge
    if x ~= y then return x < y end
    return a.name < b.name
  end)
  return all
end

--- Adds their options to a command.
function formats.add(command)
  for _, format in ipairs(formats.all()) do
    if format.options then format.options(command) end
  end
end

--- The format that `o` asks for, or nil; nil and two names where it asks for several.
function formats.shown(o)
  local found
  for _, format in ipairs(formats.all()) do
    if format.screen and o[format.name] then
      if found then return nil, ("--%s and --%s"):format(found.name, format.name) end
      found = format
    end
  end
  return found
end

--- Reads ahead. Errors come again at the run's end, and are reported there.
function formats.prepare()
  for _, format in ipairs(formats.all()) do
    if format.prepare then pcall(format.prepare) end
  end
end

local function write_one(format, run)
  if format.write then return format.write(run, run.folder) end
  paths.write(("%s/%s"):format(run.folder, format.file), format.text(run))
end

--- Writes all files of a run, as far as they can be. Returns what could not be written, as an array of words.
function formats.write(run)
  local lost = {}
  for _, format in ipairs(formats.all()) do
    local ok, err = true, nil
    if format.file then ok, err = pcall(write_one, format, run) end
    if not ok and format.is_optional then
      table.insert(run.notices, ("no %s: %s"):format(format.file, fail.what(err)))
    elseif not ok then
      lost[#lost + 1] = fail.what(err)
    end
  end
  return lost
end

return formats
