--- _lua: a file that is no part of lib/: a build's tool, a test's. args: { "_lua", FILE, ... }; modules are beside it.

local engine = require "engine"

local function main(args)
  package.path = ("%s/test/?.lua;%s"):format(engine.home(), package.path)
  table.remove(args, 1)
  return dofile(args[1]).main(args)
end

return { main = main }
