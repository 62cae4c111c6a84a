--- console: `moonrig console`: this terminal on a console of a rig that is up.

local attach = require "repl.attach"

local function options(command)
  command:argument("name", "The console's name (`:consoles` lists them), or shell: one on the guest.")
  command:argument("run", "As for attach."):args "?"
end

return { order = 17, main = attach.console, options = options,
  words = "A raw terminal on a console of a rig that is up: testpmd, serial, shell." }
