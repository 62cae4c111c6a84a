--- run_lines: a program run to its end, each of its lines heard as it comes: for those that take long.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"

local run_lines = {}

-- What it said last is told where it fails.
local TOLD = 5

-- Until it has closed its output; nil, or the error that ended the wait.
local function listen(console, deadline, hear)
  while true do
    local text, err = console:expect("\n", math.max(0, deadline - engine.now()))
    if text then
      hear(text)
    else
      return err.code ~= "EPIPE" and err or nil
    end
  end
end

--- Runs argv, stdout and stderr in one. given: { env, timeout (seconds), name }; hear(line) gets each line. Raises
--- where it does not end in time, or well, with its last lines.
function run_lines.run(argv, given, hear)
  local words = { "sh", "-c", 'exec "$@" 2>&1', "sh", unpack(argv) }
  local o = { name = given.name or argv[1], pipes = true, env = given.env }
  local console = fail.check(engine.here():spawn(words, o))
  console:eof()
  local deadline = engine.now() + given.timeout
  local err = listen(console, deadline, hear)
  local exit = not err and console:await_exit(math.max(1, deadline - engine.now()))
  local last = lines.last(console:tail(TOLD), TOLD)
  console:close(5)
  if err then fail.check(nil, err) end
  if not exit then fail.raise("ETIMEDOUT", argv[1], "closed its output, and did not end", last) end
  if exit.code ~= 0 then
    fail.raise("EFAIL", argv[1], "ended with " .. ending.words(exit), last)
  end
end

return run_lines
