--- where: the scenario's line, from the stack, a traceback, or what Lua writes in front of an error's text.

local rooms = require "base.rooms"

local where = {}

local LIB = "@" .. rooms.FOLDER

local function is_lib(source) return source:sub(1, #LIB) == LIB end

--- A file's name for people: below `root` without it, and without "./".
function where.short(name, root)
  if root and name:sub(1, #root + 1) == root .. "/" then name = name:sub(#root + 2) end
  return (name:gsub("^%./", ""))
end

--- Is a function (debug.getinfo's "Sl") the scenario's, or of a module beside it?
function where.is_scenario(info)
  return info.what ~= "C" and info.currentline > 0 and info.source:sub(1, 1) == "@" and not is_lib(info.source)
end

local function shown(info, root)
  return where.short(info.source:match("^@(.*)$") or info.short_src, root) .. ":" .. info.currentline
end

-- Lua cuts long names, "...ng/folder/lib/x.lua": the part below the folder of lib/ is enough.
local function whole(path)
  if path:sub(1, 3) ~= "..." then return path end
  local tail, home = path:sub(4), LIB:match "^@(.*)lib/$" or ""
  for rest in tail:gmatch "()/" do
    local full = home .. tail:sub(rest + 1)
    if #full >= #tail and full:sub(-#tail) == tail then return full end
  end
  return path
end

--- "scripts/x.lua:12": the innermost line on the stack that is not lib's; nil where there is none.
--- `root` (optional): the folder the name is relative to.
function where.scenario(root)
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.what ~= "C" and info.currentline > 0 and not is_lib(info.source) then return shown(info, root) end
    level = level + 1
  end
end

-- These pass on what a scenario calls: its require, and recorded or replayed functions.
local PASSES_ON = { recorder = true, replay = true, case = true }

--- Is the recorded call that is running lib's own, and not the scenario's?
function where.is_own_call()
  local level = 2
  while true do
    local info = debug.getinfo(level, "S")
    if not info then return true end
    local room = is_lib(info.source) and info.source:sub(#LIB + 1):match "^%l+"
    if info.what ~= "C" and not PASSES_ON[room] then return room ~= false end
    level = level + 1
  end
end

--- As where.scenario, from a traceback's text.
function where.in_trace(trace, root)
  for path, line in tostring(trace or ""):gmatch "\n%s*([^\n:]+):(%d+): in" do
    path = whole(path)
    if not is_lib("@" .. path) and path:sub(1, 1) ~= "[" then return where.short(path, root) .. ":" .. line end
  end
end

-- "x.lua:3: words" → "x.lua", "3", "words": Lua writes a place in front of texts only. Nil without one.
local function taken_apart(err)
  if type(err) ~= "string" then return nil end
  local path, line, words = err:match "^([^\n:]+%.lua):(%d+): (.*)$"
  if path then return whole(path), line, words end
end

--- Has Lua written a place in front of an error that is not lib's?
function where.is_placed(err)
  local path = taken_apart(err)
  return path ~= nil and not is_lib("@" .. path)
end

-- Lua's own words for a fault.
local function is_fault(words)
  return words:find "^attempt to " ~= nil or words:find "^bad argument #" ~= nil
end

--- An error as text with the scenario's line (`at`, nil: not known) in front, and that line. A fault in lib/ has its
--- line of lib/ at the end.
function where.placed(err, at, root)
  local path, line, words = taken_apart(err)
  if not path then return (at and at .. ": " or "") .. tostring(err), at end
  local place = where.short(path, root) .. ":" .. line
  if not is_lib("@" .. path) then return place .. ": " .. words, place end
  if at and not is_fault(words) then return at .. ": " .. words, at end
  return ("%s%s (%s)"):format(at and at .. ": " or "", words, place), at
end

return where
