--- attach: `moonrig attach`: a prompt of this terminal at a rig that is up.

local attach = require "repl.attach"

local function options(command)
  command:argument("run", "A run's id or a case's name; the only one that is up without it."):args "?"
end

return { order = 16, main = attach.main, options = options,
  words = "Join a rig that is up, in a run or a REPL, from this terminal." }
