--- completion: `moonrig completion`: what completes the command line in a shell.

local function options(command)
  command:argument("shell", "bash, zsh or fish."):choices { "bash", "zsh", "fish" }
end

local function main(o, parser)
  io.stdout:write(parser[("get_%s_complete"):format(o.shell)](parser))
  return 0
end

return { order = 18, is_about_all = true, main = main, options = options,
  words = "Print what completes moonrig's words in a shell." }
