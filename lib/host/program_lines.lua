--- program_lines: a program that runs for minutes, and whose lines are read while it prints them.

local engine = require "engine"
local fail = require "base.fail"

local program_lines = {}

-- The last lines that are kept for an error.
local KEPT = 40
-- The most between the end of the output and the exit.
local EXIT_SECONDS = 30

-- Reads until the program closes its output; raises at the deadline.
local function read_all(console, deadline, on_line)
  while true do
    local text, err = fail.try(console.expect, console, "\n",
      { timeout = math.max(0, deadline - engine.now()), from = "last" })
    if not text and err.code == "EPIPE" then return end
    if not text then error(err, 0) end
    on_line((text:gsub("[\r\n]+$", "")))
  end
end

local function keeping(list, on_line)
  return function(line)
    list[#list + 1] = line
    if #list > KEPT then table.remove(list, 1) end
    if on_line then on_line(line) end
  end
end

--- Runs a program until it exits, both outputs in one. Options: { name (of its transcript), seconds (until it must have
--- exited), env (an array of "NAME=value"), cwd }. on_line(line) gets each line. Returns its end ({ code, signal }) and
--- its last lines, an array. Raises if it cannot start or exceeds its time; nothing of it runs on.
function program_lines.run(argv, o, on_line)
  local words = { "sh", "-c", 'exec "$@" 2>&1', "sh", unpack(argv) }
  local console = engine.here():spawn(words, { name = o.name, pipes = true, env = o.env, cwd = o.cwd })
  local last, exit = {}, nil
  local ok, why = pcall(function()
    console:eof()
    read_all(console, engine.now() + o.seconds, keeping(last, on_line))
    exit = console:await_exit(EXIT_SECONDS)
  end)
  pcall(console.close, console, 5)
  if not ok then error(why, 0) end
  return exit, last
end

return program_lines
