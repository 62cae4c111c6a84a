--- api: what scenarios can call: objects and methods as lib/help/stubs/*.lua declares them (LuaCATS, for editors, too),
--- and the tables of options that the engine's primitives take (engine/prim). `moonrig help`, the REPL and docs/api are
--- made of it.
---
--- An entry is { name, kind = "object" or "method", args (text), doc, returns (text), of (the object's name), parent
--- (what it has the methods of), file, line, params, fields (an options table's) }; params and fields are arrays of
--- { name, is_optional, type, doc }.

local engine = require "engine"
local kind = require "base.kind"
local paths = require "base.paths"
local rooms = require "base.rooms"

local api = {}

--- The objects, the most used first: a stub each, lib/help/stubs/NAME.lua.
api.OBJECTS = { "t", "testpmd", "vm", "prepared_vm", "qmp", "process", "mp", "hotplug_mp", "telemetry", "node",
  "console", "detached", "task", "rig" }

local function trim(text) return (text:gsub("^%s+", ""):gsub("%s+$", "")) end

-- "name? type words" after @param or @field. A type may have brackets with blanks in them.
local function parameter(text)
  local name, mark, rest = text:match "^([%w_%.]+)(%??)%s+(.*)$"
  if not name then return nil end
  local depth, at = 0, 1
  while at <= #rest do
    local c = rest:sub(at, at)
    if c:find "[%(%{<]" then depth = depth + 1 end
    if c:find "[%)%}>]" then depth = depth - 1 end
    if c == " " and depth == 0 and not rest:sub(1, at - 1):find ":$" then break end
    at = at + 1
  end
  return { name = name, is_optional = mark == "?", type = rest:sub(1, at - 1), doc = trim(rest:sub(at)) }
end

local function new_entry() return { words = {}, params = {}, fields = {}, returns = {} } end

local TAGS = {
  param = function(e, text) e.params[#e.params + 1] = parameter(text) end,
  field = function(e, text) e.fields[#e.fields + 1] = parameter(text) end,
  ["return"] = function(e, text) e.returns[#e.returns + 1] = text end,
  class = function(e, text) e.name, e.parent = text:match "^([%w_%.]+):?%s*([%w_%.]*)" end,
  meta = function() end,
}

local function finish(e, all)
  e.doc, e.words = table.concat(e.words, " "), nil
  e.returns = table.concat(e.returns, ", ")
  all[#all + 1] = e
  return new_entry()
end

-- One line of a stub file; returns the entry that goes on.
local function read_line(line, e, all)
  local tag, text = line:match "^%-%-%-@(%w+)%s*(.*)$"
  local words = line:match "^%-%-%- (.*)$"
  local of, name, args = line:match "^function ([%w_]+)[%.:]([%w_]+)(%b())"
  if tag then
    if not TAGS[tag] then error(("a tag that nobody reads: @%s"):format(tag), 0) end
    TAGS[tag](e, text)
  elseif words then
    e.words[#e.words + 1] = words
  elseif of then
    e.kind, e.of, e.name, e.args = "method", of, name, args
    return finish(e, all)
  elseif e.name then
    e.kind = "object"
    return finish(e, all)
  elseif line:find "%S" and not line:find "^local " and not line:find "^%-%- " then
    error("what is this? " .. line, 0)
  end
  return line == "" and new_entry() or e
end

--- The entries of a stub file's text, an array. Raises for what it cannot read, with its line.
function api.parse(text, file)
  local all, e, number = {}, new_entry(), 0
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    local ok, err = pcall(read_line, line, e, all)
    if not ok then error(("%s:%d: %s"):format(file, number, tostring(err)), 0) end
    if err ~= e then e = err end
    if all[#all] and not all[#all].line then all[#all].file, all[#all].line = file, number end
  end
  return all
end

-- "MiB for the EAL (512)", "pa or va: of its addresses".
local function words_of(row)
  local values = row.of and row.of:gsub(" ", ", "):gsub(", (%S+)$", " or %1") .. ":"
  local words = { values }
  if row.unit then words[#words + 1] = row.unit end
  words[#words + 1] = row.words
  local is_text = kind.type(row.kind) == "string"
  if row.initial then words[#words + 1] = (is_text and '("%s")' or "(%s)"):format(row.initial) end
  if row.since then words[#words + 1] = ("(since %s)"):format(row.since) end
  if row["until"] then words[#words + 1] = ("(until %s)"):format(row["until"]) end
  return table.concat(words, " ")
end

--- What a primitive takes (engine.prims), as an entry; each field has its row.
function api.options(prim)
  local e = { kind = "object", name = prim.class, doc = prim.words, parent = "", params = {}, fields = {},
    returns = "" }
  for i, row in ipairs(prim.rows) do
    e.fields[i] = { name = row.name, is_optional = not row.needed, type = kind.type(row.kind), doc = words_of(row),
      row = row }
  end
  return e
end

--- The entries of an object's stub.
function api.stub(name)
  local file = ("%shelp/stubs/%s.lua"):format(rooms.FOLDER, name)
  local text, why = paths.read(file)
  if not text then error(("api: %s"):format(tostring(why)), 0) end
  return api.parse(text, file)
end

--- All entries, in their order.
function api.entries()
  local all = {}
  for _, name in ipairs(api.OBJECTS) do
    for _, e in ipairs(api.stub(name)) do all[#all + 1] = e end
  end
  for _, prim in ipairs(engine.prims) do all[#all + 1] = api.options(prim) end
  return all
end

local function find(all, what, name, of)
  for _, e in ipairs(all) do
    if e.kind == what and e.name == name and (not of or e.of == of) then return e end
  end
end

--- The object's entry and its methods' (with those of its parent); nil where there is none of that name.
function api.object(all, name)
  local object = find(all, "object", name)
  if not object then return nil end
  local methods, seen = {}, {}
  local function add(of)
    for _, e in ipairs(all) do
      if e.kind == "method" and e.of == of and not seen[e.name] then
        methods[#methods + 1], seen[e.name] = e, true
      end
    end
  end
  add(name)
  if object.parent ~= "" then add(object.parent) end
  return object, methods
end

--- The fields of an object's entry and of its parent's.
function api.fields(all, object)
  local out = { unpack(object.fields) }
  local parent = find(all, "object", object.parent)
  for _, field in ipairs(parent and parent.fields or {}) do out[#out + 1] = field end
  return out
end

--- The options table that a method takes ({ fields }); nil where it takes none.
function api.options_of(all, method)
  for _, p in ipairs(method.params) do
    local class = p.type:match "^([%w_]+%.%w+)"
    if class then return find(all, "object", class) end
  end
end

--- What `words` mean: "testpmd" an object, "vm.Port" a table's fields; "testpmd:start", "testpmd.start" or "start"
--- methods. An array of entries.
function api.find(all, words)
  local object, out = find(all, "object", words), {}
  if object then return { object } end
  local of, name = words:match "^([%w_]+)[%.:]([%w_]+)$"
  if of then
    local _, methods = api.object(all, of)
    for _, e in ipairs(methods or {}) do
      if e.name == name then return { e } end
    end
    return {}
  end
  for _, e in ipairs(all) do
    if e.kind == "method" and e.name == words then out[#out + 1] = e end
  end
  return out
end

return api
