--- attach: `moonrig attach`: a prompt at a running rig.

local attach = require "repl.attach"

local function options(command)
  command:argument("run", "A run's id or a case's name (default: the only running one)."):args "?"
end

return { order = 16, main = attach.main, options = options,
  words = "Open a prompt at a running rig, of a run or a REPL, from this terminal." }
