--- script: programs and the scripts of vm/ that build something: run to a good end, or the last lines are the error.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"

local script = {}

-- The most for a script; apt's downloads take longest.
local SECONDS = 900

-- The last lines for an error.
local LAST = 5

--- The path of a file in vm/.
function script.file(name) return engine.home() .. "/vm/" .. name end

local function check_end(program, exit, output)
  if exit.code == 0 then return end
  fail.raise("EFAIL", program, "ended with " .. ending.words(exit), lines.last(output, LAST))
end

--- Runs a command: its output. Raises where it fails.
function script.command(argv, given)
  local r = engine.here():run(argv, given)
  check_end(argv[1], r, r.err ~= "" and r.err or r.out)
  return r.out
end

-- Reads until the program closes its output. Nil, or the error that ended the wait.
local function read_lines(console, deadline, on_line)
  while true do
    local text, err = fail.try(console.expect, console, "\n",
      { timeout = math.max(0, deadline - engine.now()), from = "last" })
    if not text then return err.code ~= "EPIPE" and err or nil end
    on_line(text)
  end
end

--- Runs a script of vm/ with an environment ({ "NAME=value", ... }); on_line(line) gets each line that it prints.
--- Raises where it fails.
function script.run(file, name, env, on_line)
  local argv = { "sh", "-c", 'exec sh "$0" 2>&1', script.file(file) }
  local console = engine.here():spawn(argv, { name = name, pipes = true, env = env })
  console:eof()
  local deadline = engine.now() + SECONDS
  local err = read_lines(console, deadline, on_line)
  local exit = not err and fail.try(console.await_exit, console, math.max(1, deadline - engine.now()))
  local output = console:tail(LAST)
  pcall(console.close, console, 5)
  if err then error(err, 0) end
  if not exit then
    fail.raise("ETIMEDOUT", file, "closed its output, but did not exit", lines.last(output, LAST))
  end
  check_end(file, exit, output)
end

return script
