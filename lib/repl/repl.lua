--- repl: the verb `moonrig repl` without a scenario: a Lua prompt with the primitives and lib/.

local case = require "case.case"
local context = require "case.context"
local attach = require "repl.attach"
local attach_server = require "repl.attach_server"
local engine = require "engine"
local line_history = require "repl.line_history"
local offer = require "repl.offer"
local paths = require "base.paths"
local session = require "repl.session"

local repl = {}

-- Time for a soft end after a signal, as in a run, and after Ctrl-D.
local SIGNAL_SECONDS, CLOSE_SECONDS = 3, 60

-- Reads lines until the end of input or of the session, or is_over().
local function read_lines(s, is_over)
  local prompt = session.prompt
  line_history.read {
    prompt = function()
      io.stdout:flush()
      return not is_over() and prompt or nil
    end,
    complete = function(text, cursor, again) return offer.answer(s:candidates(text, cursor), text, cursor, again) end,
    line = function(line) prompt = s:line(line) end,
    interrupt = function()
      s:interrupt()
      prompt = session.prompt
    end,
    leave = function()
      if engine.sys.isatty(0) then io.stdout:write "\n" end
      prompt = nil
    end,
  }
end

local function open_session(rig)
  local s = session.new(rig.rig, engine.print_above)
  s.width = engine.terminal_size() or s.width
  s.chatter = attach.chatter()
  rig:add(s)
  return s
end

--- The verb.
function repl.main()
  assert(engine.guard(paths.journal()))
  local rig
  local ctx = context.new(engine.now(), function() end)
  rig = attach_server.new { ctx = ctx, t = case.new(ctx), name = "repl", emit = function() end }
  ctx.attach = rig
  rig:open()
  local s, is_over = open_session(rig), false
  -- Ctrl-C interrupts the evaluation only
  engine.on_signal(function(signal)
    if signal ~= "SIGINT" then
      is_over = true
      return false
    end
    s:interrupt()
    return true
  end)
  if engine.sys.isatty(0) then
    io.stdout:write("moonrig ", engine.version, ". `t` is a case: t:testpmd{...}, t:vm{...}; ?t lists its methods.\n",
      ":help lists the commands; Ctrl-D ends the REPL and everything it started.\n")
  end
  read_lines(s, function() return is_over end)
  engine.on_signal(nil)
  -- a signal's cancellation must not stop the undo
  engine.clear_cancel()
  engine.close_all(is_over and SIGNAL_SECONDS or CLOSE_SECONDS)
  ctx:clean()
  return 0
end

return repl
