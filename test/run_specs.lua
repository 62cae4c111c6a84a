--- specs: runs busted inside the engine, in a $TMPDIR of its own. A spec file that leaves something fails (leaks).

local engine = require "engine"
local paths = require "base.paths"

local specs = {}

--- Runs the specs named by args (after the verb; test/specs without any). Returns busted's exit status.
function specs.main(args)
  local home = engine.home()
  local words = { [0] = "moonrig", "--ignore-lua", "--helper=leaks", ("--lpath=%s/test/?.lua"):format(home) }
  for i = 2, #args do words[#words + 1] = args[i] end
  if #args == 1 then words[#words + 1] = home .. "/test/specs" end
  assert(engine.guard(paths.journal()))
  local tmp = assert(engine.scratch())
  -- some specs run moonrig as another user, with a folder in it
  assert(engine.fs.chmod(tmp, 457))
  engine.sys.setenv("TMPDIR", tmp)
  -- libuv opens one descriptor at the first watch of a folder: before the specs, or it would count as a leak
  engine.await_path(tmp .. "/never", 0)
  -- busted calls os.exit, but we have things to close first
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
