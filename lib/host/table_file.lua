--- table_file: a file of Lua that a person writes for its table: it runs without functions of its own, and can do
--- nothing else.

local fail = require "base.fail"
local paths = require "base.paths"

local table_file = {}

-- A loop in the file ends after so many instructions.
local MOST_INSTRUCTIONS = 1e6

local function refuse(path, why) fail.raise("USAGE", "project file", ("%s: %s"):format(path, why)) end

-- LuaJIT has one hook for all coroutines: the one before is put back.
local function limited(task)
  local before, mask, count = debug.gethook()
  debug.sethook(function() error("it does not end", 0) end, "", MOST_INSTRUCTIONS)
  local ok, value = coroutine.resume(task)
  debug.sethook(before, mask, count)
  return ok, value
end

--- The value that a file returns.
function table_file.read(path)
  local text = fail.check(paths.read(path))
  if text:byte() == 27 then refuse(path, "it is bytecode: expected Lua source") end
  local chunk, why = loadstring(text, "@" .. path)
  if not chunk then refuse(path, why) end
  setfenv(chunk, {})
  jit.off(chunk)
  local ok, value = limited(coroutine.create(chunk))
  if not ok then refuse(path, tostring(value)) end
  return value
end

return table_file
