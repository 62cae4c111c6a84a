--- formats: the report formats of lib/format: the files that they leave of a run, and what they show in its course.
---
--- A format is a file of lib/format that returns a table. `file`: what it leaves in the run's folder, made by text(run)
--- or write(run, folder); is_optional: without it the run is reported all the same; prepare(): reads ahead, while there
--- is nothing else to do; order: where others read what it leaves. One that shows something has options(command), an
--- option of `run` with its own name, and screen(write, count, screen): in place of a screen (lib/report/screen.lua's),
--- or around it; for_programs: stdout is no person's any more.

local engine = require "engine"
local paths = require "base.paths"
local rooms = require "base.rooms"

local formats = {}

local all

--- All formats, those that others read first.
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

--- The format that `o` shows, nil where there is none; nil and the names of two where there are several.
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

--- Makes ready what the run's end takes. What is wrong is reported at that end.
function formats.prepare()
  for _, format in ipairs(formats.all()) do
    if format.prepare then pcall(format.prepare) end
  end
end

local function write_one(format, run)
  if format.write then return format.write(run, run.folder) end
  paths.write(("%s/%s"):format(run.folder, format.file), format.text(run))
end

--- Writes each file into the run's folder. Raises, once all were tried, what the first failed with.
function formats.write(run)
  local first_error
  for _, format in ipairs(formats.all()) do
    local ok, err = true, nil
    if format.file then ok, err = pcall(write_one, format, run) end
    if not ok and format.is_optional then
      engine.log("notice", { text = ("no %s: %s"):format(format.file, tostring(err)) })
    elseif not ok then
      first_error = first_error or err
    end
  end
  if first_error then error(first_error, 0) end
end

return formats
