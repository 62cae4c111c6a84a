--- environment: the globals of a scenario's file: Lua's own, `rig`, and a `require` for kit and for modules beside the
--- file.

local engine = require "engine"
local fail = require "base.fail"
local lua_files = require "recorder.lua_files"
local own_modules = require "case.own_modules"
local rooms = require "base.rooms"
local suggest = require "base.suggest"

local environment = {}

-- os.exit would end the engine, not the case.
local plain_os = setmetatable({ exit = function() fail.misuse "os.exit in a scenario: return, or t:skip" end },
  { __index = os })

-- Scenarios in test/ test moonrig itself: they may require all of it.
local function is_our_test(file)
  local home, path = engine.home(), engine.fs.realpath(file) or file
  return path:sub(1, #home + 6) == home .. "/test/"
end

-- Does `require` find it? Otherwise, where it looked. A module that does not load raises here, as `require` does.
local function is_installed(name)
  if package.loaded[name] ~= nil then return true end
  local tried, is_known = {}, {}
  for _, find in ipairs(package.loaders) do
    local found = find(name) -- nothing, the reason, or a function
    if type(found) == "function" then return true end
    for path in tostring(found):gmatch "no file '([^\n]*)'" do
      local is_ours = path:sub(1, #rooms.FOLDER) == rooms.FOLDER
      if not (is_ours or is_known[path]) then tried[#tried + 1], is_known[path] = path, true end
    end
  end
  return false, tried
end

-- Lua's own modules, and those that the system has for Lua.
local function require_installed(name, file, beside)
  local is_there, tried = is_installed(name)
  if is_there then return require(name) end
  local known, short = rooms.modules "kit", name:gsub("^kit%.", "")
  local best = suggest.best(name, known) or suggest.best("kit." .. short, known)
  table.insert(tried, 1, beside)
  fail.misuse("no module %s%s beside %s, in moonrig's kit, or among Lua's: looked for %s", name,
    best and (" (did you mean %s?)"):format(best) or "", file, table.concat(tried, ", "))
end

-- The chunk of a module beside the scenario; nil where there is none.
local function find_beside(self, name)
  local own = own_modules.path(name)
  local path = ("%s/%s"):format(own_modules.folder(self.file), own)
  local text = self.modules[own]
  local load_it = text and lua_files.compile or loadfile
  local chunk, why = load_it(path, text)
  -- a replay has no such text for a read that was not recorded
  if chunk or type(why) ~= "string" or why:find "No such file or directory$" or why:find "Not a directory$" then
    return chunk
  end
  if why:find "^cannot open " or why:find "named pipe" then fail.misuse("module %s: %s", name, why) end
  error(why, 0)
end

-- Runs a user's module once, in the scenario's environment.
local function load_beside(self, name, chunk)
  self.loading[name] = true
  local value = setfenv(chunk, self.env)(name)
  self.loading[name] = nil
  self.loaded[name] = value == nil and true or value
  return self.loaded[name]
end

local function require_module(self, name)
  if type(name) ~= "string" then fail.misuse('require: expected a name, as in require "kit.oracle"') end
  if self.loaded[name] ~= nil then return self.loaded[name] end
  if self.loading[name] then fail.misuse("module %s requires itself", name) end
  local room = rooms.of(name)
  if (name == "engine" or room and room ~= "kit") and not is_our_test(self.file) then
    fail.misuse("module %s is a part of moonrig: a scenario requires kit.* and modules beside its file", name)
  end
  if room or name == "engine" then return require_installed(name, self.file) end
  local chunk = find_beside(self, name)
  if chunk then return load_beside(self, name, chunk) end
  return require_installed(name, self.file, ("%s/%s"):format(own_modules.folder(self.file), own_modules.path(name)))
end

--- The globals of the scenario in `file`, with this `rig`. `modules` (optional): the texts of those beside the file
--- (own_modules.source). To read or set an unknown global is an error.
function environment.new(file, rig, modules)
  local self = { file = file, modules = modules or {}, loaded = {}, loading = {} }
  local own = { rig = rig, os = plain_os, require = function(name) return require_module(self, name) end }
  self.env = setmetatable(own, {
    __index = function(_, key)
      local value = _G[key]
      if value ~= nil then return value end
      local names = { "rig" }
      for name in pairs(_G) do names[#names + 1] = tostring(name) end
      fail.misuse("no global %s%s", tostring(key), suggest.hint(tostring(key), names))
    end,
    __newindex = function(_, key)
      fail.misuse("%s is assigned but not declared: write `local %s`", tostring(key), tostring(key))
    end,
  })
  return self.env
end

return environment
