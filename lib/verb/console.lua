--- console: `moonrig console`: this terminal on a console of a running rig.

local attach = require "repl.attach"

local function options(command)
  command:argument("name", "The console's name (`:consoles` lists them); shell: a new one on the guest.")
  command:argument("run", "As for attach."):args "?"
end

return { order = 17, main = attach.console, options = options,
  words = "Open a raw terminal on a console of a running rig: testpmd, serial, shell." }
