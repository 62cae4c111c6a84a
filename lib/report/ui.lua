--- ui: stdout for a person.

local engine = require "engine"
local terminal = require "base.terminal"

local ui = {}

--- Writes to stdout, at once.
function ui.write(text)
  io.stdout:write(text)
  io.stdout:flush()
end

--- A terminal (lib/base/terminal.lua's) on stdout.
function ui.terminal()
  local term
  local function write(text)
    -- a prompt is open there: print above its line
    if term.is_held then return engine.print_above(text) end
    ui.write(text)
  end
  term = terminal.new { tty = engine.sys.isatty(1), env = os.getenv, write = write,
    width = function() return engine.terminal_size() or tonumber(os.getenv "COLUMNS") or 80 end,
    height = function() return select(2, engine.terminal_size()) or 24 end }
  return term
end

return ui
