--- save: writes the lines of a prompt as a scenario.

local engine = require "engine"
local new = require "help.new"
local paths = require "base.paths"

local save = {}

-- An entry's line in the scenario.
local function lines_of(entry)
  if not entry.is_value then return entry.text end
  if entry.is_true then return ("t:truthy(%s, %q)"):format(entry.text, (entry.text:gsub("%s+", " "))) end
  -- a call is a statement; another expression becomes a comment
  if loadstring(entry.text) then return entry.text end
  return "-- " .. entry.text:gsub("\n", "\n-- ")
end

local function needs(text)
  local out = {}
  if text:find "t:testpmd" then out[#out + 1] = '"testpmd"' end
  if text:find "t:vm" or text:find "t:prepare_vm" then out[#out + 1] = '"vm"' end
  if text:find ":hotplug_mp" or text:find ":mp" then out[#out + 1] = '"examples"' end
  return table.concat(out, ", ")
end

local FORM = [[
-- Typed at the prompt, %s.
%s
return rig.case {
  name = "typed at the prompt, %s",
  needs = { %s },

  run = function(t)
%s
  end,
}
]]

--- The text of a scenario of these entries { text, is_value, is_true (a true expression is a check), has_checked } and
--- the globals that they set. Second value: does it check anything?
function save.text(entries, globals, date)
  local body, head, is_checked = {}, {}, false
  for _, entry in ipairs(entries) do
    body[#body + 1] = lines_of(entry)
    is_checked = is_checked or entry.is_true or entry.has_checked or false
  end
  local text = table.concat(body, "\n")
  for _, name in ipairs { "engine", "parse", "oracle" } do
    local is_used = text:find("%f[%w_]" .. name .. "[%.%[]")
    if is_used then head[#head + 1] = ("local %s = require %q\n"):format(name, name) end
  end
  if #globals > 0 then text = "local " .. table.concat(globals, ", ") .. "\n" .. text end
  return FORM:format(date, table.concat(head), date, needs(text), ("\n" .. text):gsub("\n([^\n])", "\n    %1"):sub(2)),
    is_checked
end

--- Writes the scenario to the folder of `moonrig new`. Returns a line with the result or the error.
function save.write(file, entries, globals)
  if #entries == 0 then return "nothing to save: no line was typed yet" end
  file = new.place_of(file)
  if engine.fs.stat(file) then return file .. " exists already: choose another name" end
  local text, is_checked = save.text(entries, globals, os.date "!%Y-%m-%d")
  local folder = file:match "^(.*)/[^/]*$"
  local ok, err = pcall(function()
    if folder and folder ~= "" then paths.make(folder) end
    paths.write(file, text)
  end)
  if not ok then return tostring(err) end
  local words = ("wrote %s; run it with `moonrig run %s`"):format(file, file)
  if is_checked then return words end
  return words .. "; it checks nothing yet and would be an ERROR: add a check, such as t:equal(got, expected, \"what\")"
end

return save
