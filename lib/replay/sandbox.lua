--- sandbox: code is called with lib/ loaded anew.

local rooms = require "base.rooms"

local sandbox = {}

-- Lua's own, the engine, and what loads modules.
local KEPT = { _G = true, package = true, string = true, table = true, math = true, io = true, os = true, debug = true,
  coroutine = true, bit = true, jit = true, ffi = true, engine = true, ["base.bytecode"] = true,
  ["base.suggest"] = true, ["base.signatures"] = true }

--- Calls fn(...) with all of lib/ loaded anew: it remembers nothing of another case. Then the modules are as before.
function sandbox.modules(fn, ...)
  local before = {}
  for name, module in pairs(package.loaded) do before[name] = module end
  for name in pairs(before) do
    if not KEPT[name] and not name:find "^jit%." then package.loaded[name] = nil end
  end
  local path = package.path
  -- from where we are ourselves: whose line it is, is told by that (lib/base/where.lua)
  package.path = ("%s?.lua;%s"):format(rooms.FOLDER, path)
  local ok, err = pcall(fn, ...)
  package.path = path
  for name in pairs(package.loaded) do package.loaded[name] = nil end
  for name, module in pairs(before) do package.loaded[name] = module end
  if not ok then error(err, 0) end
end

return sandbox
