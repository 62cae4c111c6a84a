--- sandbox: calls code with all modules of lib/ loaded again.

local sandbox = {}

-- Not loaded again: Lua's own, the engine, the module loader.
local SHARED = {}
for name in ("_G package string table math io os debug coroutine bit jit ffi engine base.bytecode base.suggest "
  .. "base.signatures"):gmatch "%S+" do SHARED[name] = true end

--- Calls fn(...) with fresh modules of lib/, without values of another case. Restores the modules afterwards.
function sandbox.modules(fn, ...)
  local before = {}
  for name, module in pairs(package.loaded) do before[name] = module end
  for name in pairs(before) do
    if not SHARED[name] and not name:find "^jit%." then package.loaded[name] = nil end
  end
  local ok, err = pcall(fn, ...)
  for name in pairs(package.loaded) do package.loaded[name] = nil end
  for name, module in pairs(before) do package.loaded[name] = module end
  if not ok then error(err, 0) end
end

return sandbox
