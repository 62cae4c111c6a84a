--- save: writes the lines of a prompt as a scenario.

local engine = require "engine"
local new = require "help.new"
local paths = require "base.paths"

local save = {}

-- Globals of the prompt that a scenario does not have.
local PROMPT_ONLY = { "engine", "parse" }

local function uses(text, name) return (" " .. text):find("[^%w_.:]" .. name .. "%f[^%w_]") ~= nil end

-- Can a function of a scenario have these lines, and others after them? (Lua skips a first line that begins with "#".)
local function fits(text) return loadstring("return function(t)\n" .. text .. "\nlocal _\nend") ~= nil end

local function commented(text) return "-- " .. text:gsub("\n", "\n-- ") end

-- The lines of an expression. `is_kept`: a later line uses `_`.
local function lines_of_value(entry, is_kept)
  local text = entry.text
  -- a comment at its end would hide what follows
  local ending = text:find("--", 1, true) and "\n" or ""
  if is_kept then return ("_ = %s"):format(text) end
  if entry.is_true then return ("t:truthy(%s%s, %q)"):format(text, ending, (text:gsub("%s+", " "))) end
  -- a call is a statement
  return text
end

-- An entry's lines in the scenario; a comment where a scenario cannot have them.
local function lines_of(entry, is_kept)
  for _, name in ipairs(PROMPT_ONLY) do
    if uses(entry.text, name) then return commented(entry.text) end
  end
  local text = entry.is_value and lines_of_value(entry, is_kept) or entry.text
  -- behind another line an opening bracket would be its call
  if text:find "^%s*%(" then text = ("do %s\nend"):format(text) end
  return fits(text) and text or commented(entry.text)
end

-- The lines of all entries, and whether they check anything.
local function body_of(entries)
  local body, is_checked, is_kept = {}, false, false
  for i = #entries, 1, -1 do
    local entry = entries[i]
    body[i] = lines_of(entry, is_kept and entry.is_value)
    is_checked = is_checked or entry.is_true or entry.has_checked or false
    if entry.is_value then is_kept = false end
    is_kept = is_kept or uses(entry.text, "_")
  end
  return table.concat(body, "\n"), is_checked
end

-- The globals that the lines set, declared.
local function declared(text, globals)
  local names = { uses(text, "_") and "_" or nil }
  for _, name in ipairs(globals) do
    if name ~= "t" and name ~= "_" then names[#names + 1] = name end
  end
  return #names > 0 and ("local %s\n"):format(table.concat(names, ", ")) or ""
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
  local text, is_checked = body_of(entries)
  local head = uses(text, "oracle") and 'local oracle = require "kit.oracle"\n' or ""
  text = declared(text, globals) .. text
  return FORM:format(date, head, date, needs(text), ("\n" .. text):gsub("\n([^\n])", "\n    %1"):sub(2)), is_checked
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
