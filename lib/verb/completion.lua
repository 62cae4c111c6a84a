--- completion: `moonrig completion`: a shell's completion of the command line.

local function options(command)
  command:argument("shell", "bash, zsh or fish."):choices { "bash", "zsh", "fish" }
end

local function main(o, parser)
  io.stdout:write(parser[("get_%s_complete"):format(o.shell)](parser))
  return 0
end

return { order = 18, is_about_all = true, main = main, options = options,
  words = "Print the completion script for a shell." }
