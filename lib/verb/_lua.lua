--- _lua: runs a file outside lib/: a build tool or a test. args: { "_lua", FILE, ... }.

local engine = require "engine"

local function main(args)
  package.path = ("%s/test/?.lua;%s"):format(engine.home(), package.path)
  table.remove(args, 1)
  return dofile(args[1]).main(args)
end

return { main = main }
