--- _worker: a case's own process, which the supervisor starts. args: { "_worker", spec as JSON }.

local engine = require "engine"
local paths = require "base.paths"

local function main(args)
  -- before all that a case takes is loaded: less is forked, and less of it copied afterwards
  assert(engine.guard(paths.journal()))
  return require("run.worker").main(engine.json.decode(args[2]))
end

return { main = main }
