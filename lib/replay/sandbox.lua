--- sandbox: code is called with an engine, with fields of io, os and others that are not the real ones.

local rooms = require "base.rooms"

local sandbox = {}

--- Calls fn with the fields of tables changed: { { of = a table, by = { [name] = value } }, ... }; then they are as
--- before.
function sandbox.fields(changes, fn)
  local before = {}
  for i, change in ipairs(changes) do
    before[i] = {}
    for name, value in pairs(change.by) do
      before[i][name] = rawget(change.of, name)
      change.of[name] = value
    end
  end
  local ok, err = pcall(fn)
  for i, change in ipairs(changes) do
    for name in pairs(change.by) do change.of[name] = before[i][name] end
  end
  if not ok then error(err, 0) end
end

local LUAS_OWN = { _G = true, package = true, string = true, table = true, math = true, io = true, os = true,
  debug = true, coroutine = true, bit = true, jit = true, ffi = true, ["base.bytecode"] = true,
  ["base.suggest"] = true }

--- Calls fn with another engine for all modules: lib/ is loaded anew, and remembers nothing of another case.
function sandbox.modules(engine, fn)
  local before = {}
  for name, module in pairs(package.loaded) do before[name] = module end
  for name in pairs(before) do
    if not LUAS_OWN[name] and not name:find "^jit%." then package.loaded[name] = nil end
  end
  package.loaded.engine = engine
  local path = package.path
  -- from where we are ourselves: whose line it is, is told by that (lib/base/where.lua)
  package.path = ("%s?.lua;%s"):format(rooms.FOLDER, path)
  local ok, err = pcall(fn)
  package.path = path
  for name in pairs(package.loaded) do package.loaded[name] = nil end
  for name, module in pairs(before) do package.loaded[name] = module end
  if not ok then error(err, 0) end
end

return sandbox
