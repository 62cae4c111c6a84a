--- sandbox: calls code with all modules of lib/ loaded again.

local module_search = require "recorder.module_search"

local sandbox = {}

-- Not loaded again: Lua's own, the engine, the module loader.
local SHARED = {}
for name in ("_G package string table math io os debug coroutine bit jit ffi engine base.bytecode base.suggest "
  .. "base.signatures"):gmatch "%S+" do SHARED[name] = true end

--- Calls fn(...) with fresh modules of lib/, without values of another case; others are looked for in lua_path (nil:
--- where this process does). Restores the modules afterwards.
function sandbox.modules(lua_path, fn, ...)
  local before = {}
  for name, module in pairs(package.loaded) do before[name] = module end
  for name in pairs(before) do
    if not SHARED[name] and not name:find "^jit%." then package.loaded[name] = nil end
  end
  local path, loaders = package.path, { unpack(package.loaders) }
  package.path = lua_path or path
  module_search.use()
  local ok, err = pcall(fn, ...)
  package.path = path
  for i, loader in ipairs(loaders) do package.loaders[i] = loader end
  for name in pairs(package.loaded) do package.loaded[name] = nil end
  for name, module in pairs(before) do package.loaded[name] = module end
  if not ok then error(err, 0) end
end

return sandbox
