--- _worker: the process of a case, started by the supervisor. args: { "_worker", spec as JSON }.

local engine = require "engine"
local paths = require "base.paths"

local function main(args)
  -- before the modules are loaded: the fork copies less memory
  assert(engine.guard(paths.journal()))
  return require("run.worker").main(engine.json.decode(args[2]))
end

return { main = main }
