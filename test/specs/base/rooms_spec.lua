-- rooms: a room of lib/ requires itself and the rooms before it, a scenario requires kit and what is beside it, and
-- engine/'s rooms include likewise. What goes the other way is named with its file.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local rooms = require "base.rooms"

local C_ORDER = { "core", "guard", "fs", "chan", "node", "console", "client", "tty", "prim", "bind", "shim" }

local function place_of(order)
  local place = {}
  for i, room in ipairs(order) do place[room] = i end
  return place
end

local LUA, C = place_of(rooms.ORDER), place_of(C_ORDER)

-- The modules of lib/ that a Lua text names in a string: require "x", pcall(require, "x"), a table of them.
local function named_in(text)
  local out = {}
  for name in ("\n" .. text):gsub("\n%s*%-%-[^\n]*", "\n"):gmatch "[\"'](%l+%.[%w_]+)[\"']" do
    if rooms.of(name) and engine.fs.stat(rooms.file(name)) then out[#out + 1] = name end
  end
  return out
end

-- What a file of `room` names of rooms behind it.
local function to_the_right(room, text, place, names)
  local out = {}
  for _, name in ipairs(names(text)) do
    local other = name:match "^%l+"
    if place[other] and place[other] > place[room] then out[#out + 1] = name end
  end
  return out
end

local function included_in(text)
  local out = {}
  for name in text:gmatch '\n#include "([^"]+)"' do out[#out + 1] = name end
  return out
end

-- Calls fn(path) for each file below a folder whose name ends so.
local function each_file(folder, ending, fn)
  for _, name in ipairs(engine.fs.list(folder)) do
    local path = folder .. "/" .. name
    if engine.fs.stat(path).type == "dir" then each_file(path, ending, fn) end
    if name:find(ending) then fn(path) end
  end
end

-- What a scenario requires that is neither of kit nor beside it.
local function beyond_kit(path, text)
  local out, folder = {}, path:match "^(.*)/"
  for name in text:gmatch "require[%s(]*[\"']([^\"']+)[\"']" do
    local beside = ("%s/%s.lua"):format(folder, (name:gsub("%.", "/")))
    if not name:find "^kit%." and not engine.fs.stat(beside) then out[#out + 1] = name end
  end
  return out
end

local function add(found, path, names)
  for _, name in ipairs(names) do found[#found + 1] = ("%s -> %s"):format(path, name) end
end

describe("the rooms of lib/", function()
  it("require nothing to their right", function()
    local found, seen = {}, 0
    for _, name in ipairs(rooms.all()) do
      local text = moonrig.read(rooms.file(name))
      seen = seen + #named_in(text)
      add(found, name, to_the_right(rooms.of(name), text, LUA, named_in))
    end
    assert.same({}, found)
    assert.is_true(seen > 400, seen)
  end)

  it("are all that lib/ has", function()
    local folders = {}
    for _, name in ipairs(engine.fs.list(rooms.FOLDER)) do folders[#folders + 1] = name end
    local order = { unpack(rooms.ORDER) }
    table.sort(folders)
    table.sort(order)
    assert.same(order, folders)
  end)

  it("are told apart: an arrow to the right is named", function()
    local text = 'local a = require "base.fail"\nlocal ok, b = pcall(require, "cli.cli")\n-- require "run.runner"\n'
    assert.same({ "cli.cli" }, to_the_right("case", text, LUA, named_in))
  end)
end)

describe("scenarios", function()
  it("require kit and what is beside them, and no more", function()
    local found, seen = {}, 0
    for _, folder in ipairs { engine.home() .. "/scripts", rooms.FOLDER .. "help/templates" } do
      each_file(folder, "%.lua$", function(path)
        seen = seen + 1
        add(found, path, beyond_kit(path, moonrig.read(path)))
      end)
    end
    assert.same({}, found)
    assert.is_true(seen > 10)
  end)

  it("that require more are named", function()
    assert.same({ "dpdk.parse", "common" },
      beyond_kit("/no/such/x.lua", 'require "kit.oracle"\nrequire("dpdk.parse")\nlocal c = require "common"'))
  end)
end)

-- The functions that a C text shares with other files, by its style: the return type on the line before, no static.
local function shared_in(text)
  local out = {}
  for before, name in text:gmatch "\n([^\n]*)\n([%w_]+)%([^;{]*%)\n{" do
    if not before:find "^static" then out[#out + 1] = name end
  end
  return out
end

-- { file = { each file of its room that it calls = true } } of texts by file.
local function calls_of(texts)
  local owner, out = {}, {}
  for file, text in pairs(texts) do
    for _, name in ipairs(shared_in(text)) do owner[name] = file end
  end
  for file, text in pairs(texts) do
    out[file] = {}
    for word in text:gsub("/%*.-%*/", ""):gmatch "[%a_][%w_]*" do
      if owner[word] and owner[word] ~= file then out[file][owner[word]] = true end
    end
  end
  return out
end

-- The files from which calls lead back to themselves.
local function circles_in(calls)
  local out = {}
  for file in pairs(calls) do
    local seen, left = {}, { file }
    while #left > 0 do
      for other in pairs(calls[table.remove(left)]) do
        if not seen[other] then seen[other], left[#left + 1] = true, other end
      end
    end
    if seen[file] then out[#out + 1] = file end
  end
  table.sort(out)
  return out
end

-- Rooms whose files call one way.
local ONE_WAY = { "core", "guard", "fs", "chan", "node", "console", "client", "tty", "prim", "bind", "shim" }

describe("the rooms of engine/", function()
  it("call one way inside of them", function()
    for _, room in ipairs(ONE_WAY) do
      local texts = {}
      each_file(("%s/engine/%s"):format(engine.home(), room), "%.c$", function(path)
        texts[path:match "[^/]+$"] = "\n" .. moonrig.read(path)
      end)
      assert.same({}, circles_in(calls_of(texts)), room)
    end
    local one, other = "\nvoid\none(void)\n{\n\tother();\n}\n", "\nint\nother(int x)\n{\n\treturn 0; /* one */\n}\n"
    assert.same({}, circles_in(calls_of { ["a.c"] = one, ["b.c"] = other }))
    assert.same({ "a.c", "b.c" }, circles_in(calls_of { ["a.c"] = one, ["b.c"] = other .. "one();" }))
  end)

  it("include nothing to their right", function()
    local found, seen = {}, 0
    for _, room in ipairs(C_ORDER) do
      each_file(("%s/engine/%s"):format(engine.home(), room), "%.[ch]$", function(path)
        local text = "\n" .. moonrig.read(path)
        seen = seen + #included_in(text)
        add(found, path:sub(#engine.home() + 2), to_the_right(room, text, C, included_in))
      end)
    end
    assert.same({}, found)
    assert.is_true(seen > 150, seen)
  end)
end)
