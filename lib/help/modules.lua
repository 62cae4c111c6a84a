--- modules: the modules of lib/kit for scenarios, from the comments in their files. Entries are those of
--- lib/help/api.lua, each with `joint`, the text between an object and its method.

local paths = require "base.paths"
local rooms = require "base.rooms"

local modules = {}

-- In this order, each with the files whose functions it has too.
local MODULES = {
  { "oracle", "symmetric_invariants", "device_invariants" }, { "vhost_pair" }, { "symmetric" }, { "hotplug_watch" },
  { "hotplug_group" }, { "rollback" },
}

-- A method of a class is listed under its object: Watch:follow is watch:follow.
local function method(name, doc, of, joint, own, args)
  return { kind = "method", of = name, name = own, args = args, doc = doc, params = {}, fields = {}, returns = "",
    joint = joint, shown = of:find "^%u" and of:lower() or name }
end

-- Each "--- ..." block of a text, with the line behind it: fn(doc, line). The first is the comment of the file.
local function each_block(text, fn)
  local words = {}
  for line in text:gmatch "([^\n]*)\n" do
    local word = line:match "^%-%-%- ?(.*)$"
    if word then
      words[#words + 1] = word
    else
      if #words > 0 then fn(table.concat(words, " "), line) end
      words = {}
    end
  end
end

local function read_file(name, file, object, out)
  local text, number = assert(paths.read(rooms.file("kit." .. file))), 0
  each_block(text, function(doc, line)
    number = number + 1
    local of, joint, own, args = line:match "^function ([%w_]+)([%.:])([%w_]+)(%b())"
    local field = line:match "^[%w_]+%.([%w_]+) = "
    if number == 1 then
      if file == name then object.doc = doc:gsub("^[%w_]+: (.)", string.upper) end
    elseif of then
      out[#out + 1] = method(name, doc, of, joint, own, args)
    elseif field then
      object.fields[#object.fields + 1] = { name = field, type = "", doc = doc }
    end
  end)
end

--- All entries: each module, then its functions.
function modules.entries()
  local all = {}
  for _, files in ipairs(MODULES) do
    local name, methods = files[1], {}
    local object = { kind = "object", name = name, doc = "", parent = "", params = {}, fields = {}, returns = "",
      is_module = true }
    for _, file in ipairs(files) do read_file(name, file, object, methods) end
    all[#all + 1] = object
    for _, e in ipairs(methods) do all[#all + 1] = e end
  end
  return all
end

return modules
