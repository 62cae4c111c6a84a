--- signatures: the parameters of a scenario's methods, from the stub of their object (lib/help/stubs/NAME.lua), which
--- editors and the help read, too. A method without a stub is not checked.

local kind = require "base.kind"
local rooms = require "base.rooms"

local signatures = {}

-- Not the recorded ones of a case (lib/recorder/recorder.lua).
local open, file = io.open, getmetatable(io.stdout).__index
local read, close = file.read, file.close

-- "text|words", "string[]", "vm.Options|string", "fun(...):" → kinds (lib/base/kind.lua).
local function kinds_of(types)
  local out = {}
  for name in types:gmatch "[^|]+" do
    if name == "string[]" then name = "words" end
    if name:find "^fun%(" then name = "function" end
    if name:find(".", 1, true) then name = "table" end
    out[#out + 1] = kind.all[name] and name or "any"
  end
  return table.concat(out, "|")
end

local known = {}

-- The text of an object's stub; false where it has none.
local function stub(object)
  if known[object] ~= nil then return known[object] end
  local f = open(("%shelp/stubs/%s.lua"):format(rooms.FOLDER, object), "rbe")
  known[object] = f and read(f, "*a") or false
  if f then close(f) end
  return known[object]
end

-- A plain search is much quicker than a pattern.
local function parent_of(object)
  local text, line = stub(object) or "", ("\n---@class %s: "):format(object)
  local _, before = text:find(line, 1, true)
  return before and text:match("^[%w_]+", before + 1)
end

--- The names of an object's methods, and its parent's, as a set; nil without a stub.
function signatures.methods(object)
  if not stub(object) then return nil end
  local parent = parent_of(object)
  local out = parent and signatures.methods(parent) or {}
  for name in stub(object):gmatch "\nfunction [%w_]+[%.:]([%w_]+)" do out[name] = true end
  return out
end

--- The parameters of a method: { { name, kinds, is_optional }, ..., args = "(line, seconds)" }; nil if it is not
--- declared. Only its own part of the stub is read: most methods are never called.
function signatures.of(object, method)
  local text = stub(object)
  local at = text and text:find(("\nfunction %s:%s("):format(object, method), 1, true)
  local parent = text and not at and parent_of(object)
  if not at then return parent and signatures.of(parent, method) or nil end
  local out = { args = text:match("%b()", at) }
  for name, mark, types in text:sub(1, at):match(".*\n(\n.*)$"):gmatch "\n%-%-%-@param ([%w_%.]+)(%??) (%S+)" do
    out[#out + 1] = { name = name, kinds = kinds_of(types), is_optional = mark == "?" }
  end
  return out
end

return signatures
