--- run_lines: runs a program and passes on each line as it is printed: for programs that take long.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"

local run_lines = {}

-- The last lines for the error.
local LAST = 5

-- Reads until the program closes its output. Nil, or the error that ended the wait.
local function read_lines(console, deadline, on_line)
  while true do
    local text, err = console:expect("\n", math.max(0, deadline - engine.now()))
    if not text then return err.code ~= "EPIPE" and err or nil end
    on_line(text)
  end
end

--- Runs argv, stdout and stderr in one. given: { env, timeout (seconds), name }; on_line(line) gets each line. Raises
--- with its last lines unless it exits in time, with status 0.
function run_lines.run(argv, given, on_line)
  local words = { "sh", "-c", 'exec "$@" 2>&1', "sh", unpack(argv) }
  local o = { name = given.name or argv[1], pipes = true, env = given.env }
  local console = fail.check(engine.here():spawn(words, o))
  console:eof()
  local deadline = engine.now() + given.timeout
  local err = read_lines(console, deadline, on_line)
  local exit = not err and console:await_exit(math.max(1, deadline - engine.now()))
  local last = lines.last(console:tail(LAST), LAST)
  console:close(5)
  if err then fail.check(nil, err) end
  if not exit then fail.raise("ETIMEDOUT", argv[1], "closed its output, but did not exit", last) end
  if exit.code ~= 0 then fail.raise("EFAIL", argv[1], "ended with " .. ending.words(exit), last) end
end

return run_lines
