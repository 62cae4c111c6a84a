--- specs: busted, run inside the engine.

local engine = require "engine"
local paths = require "base.paths"

local specs = {}

--- Runs the specs named by args (after the verb; test/specs without any). Returns busted's exit status.
function specs.main(args)
  local words = { [0] = "moonrig" }
  for i = 2, #args do words[#words + 1] = args[i] end
  words[#words + 1] = "--ignore-lua"
  if #words == 1 then words[2] = engine.home() .. "/test/specs" end
  -- .busted's is relative, for a busted outside of the engine: lib/ would be there under two names
  words[#words + 1] = "--lpath=" .. engine.home() .. "/lib/?.lua;" .. engine.home() .. "/test/?.lua"
  assert(engine.guard(paths.journal()))
  -- busted ends the process itself; we have things to close first
  local real_exit = os.exit
  local left = {}
  -- luacheck: globals os.exit arg
  os.exit = function(code) error(setmetatable({ code = code }, left), 0) end
  arg = words
  local ok, err = pcall(function() require "busted.runner" { standalone = false } end)
  os.exit = real_exit
  if ok then return 0 end
  -- under Lua 5.1 busted leaves by raising nil when something failed
  if err == nil then return 1 end
  if getmetatable(err) ~= left then error(err, 0) end
  return err.code == true and 0 or tonumber(err.code) or 1
end

return specs
