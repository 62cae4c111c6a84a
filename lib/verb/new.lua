--- new: `moonrig new`: writes a scenario from a template.

local fail = require "base.fail"
local new = require "help.new"

local function options(command)
  command:argument("name", "PLAN/NAME below scripts/, or a path that ends in .lua.")
  command:option("--from", "The template: plain, loopback, vm, hotplug or matrix."):argname "<template>":default "plain"
end

local function main(o)
  local file, why = new.write(o.name, o.from)
  if not file then fail.raise("USAGE", "new", why) end
  local is_named = file == ("scripts/%s.lua"):format(o.name)
  print(("wrote %s; run it with `moonrig run %s`"):format(file, is_named and o.name or file))
  return 0
end

return { order = 13, main = main, options = options,
  words = "Write a scenario from a template; it passes unchanged." }
