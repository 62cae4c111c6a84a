--- attach_session: the server's side of an attached terminal: a session (lib/repl/session.lua) over a socket, with a
--- JSON message a line in both directions.

local engine = require "engine"
local encoding = require "base.encoding"
local fail = require "base.fail"

local attach_session = {}

local FOREVER = 1e6

local NEXT_LINE = { timeout = FOREVER, from = "last" }

-- The terminal's messages, by `op`.
local OPS = {}

function OPS.line(s, message)
  s.lines[#s.lines + 1] = tostring(message.text)
  s.event:set()
end

function OPS.interrupt(s)
  -- a line that has not begun is dropped
  local is_waiting = s.lines[1] ~= nil
  s.lines = {}
  s:interrupt()
  if is_waiting then s.send { op = "prompt", text = s.prompt } end
end

function OPS.complete(s, message)
  engine.task(function()
    local ok, found = pcall(s.candidates, s, tostring(message.text), tonumber(message.cursor) or 0)
    -- the terminal waits for an answer
    if not ok then found = { from = 1, candidates = {} } end
    s.send { op = "complete", id = message.id, from = found.from, candidates = found.candidates }
  end)
end

function OPS.leave(s)
  if s.is_owner and s.server.paused then s.server:order(s.server.paused.default) end
  s.dismiss()
end

-- Connects a console or a guest's shell with the terminal, until that disconnects.
function OPS.console(s, message)
  local console, why = require("repl.passthrough").find(s.server.ctx, tostring(message.name), message)
  local ok, err
  if console then ok, err = fail.try(console.lend, console, s.socket) end
  s.send { op = "console", ok = ok and true or false, text = ok and console:name() or why or tostring(err) }
  s.is_passthrough = ok
end

-- Evaluates lines in a task of its own: interrupts arrive meanwhile.
local function work(s)
  s.send { op = "prompt", text = s.prompt }
  while not s.is_over do
    if not s.event:wait(FOREVER) and engine.is_cancelled() then return end
    while s.lines[1] do
      local is_taken, prompt = pcall(s.line, s, table.remove(s.lines, 1))
      if not is_taken then
        s:print(tostring(prompt))
        prompt = s.prompt
      end
      if not prompt then return s.dismiss() end
      -- after its order the owner is dismissed (pause.wait)
      if not (s.is_owner and s.server.answer) then s.send { op = "prompt", text = prompt } end
    end
  end
end

function OPS.hello(s, message)
  if s.worker then return end
  s.is_owner, s.width = message.owner == true, tonumber(message.width) or 80
  s.server:add(s)
  s:print(table.concat(s.server:place(), "\n"))
  s.worker = engine.task(work, s)
end

--- Sends a message. One that has no JSON form, or whose socket has ended, is dropped.
function attach_session.send(socket, message)
  local ok, text = pcall(engine.json.encode, message)
  if ok then pcall(socket.type, socket, text .. "\n") end
end

--- Calls ops[message.op](side, message) for each message, until the socket closes or is a console's, or `side` is over.
--- An error is printed and ends nothing.
function attach_session.receive(socket, side, ops)
  while not (side.is_over or side.is_passthrough) do
    local line, err = fail.try(socket.expect, socket, "\n", NEXT_LINE)
    -- a message that is too long is none
    if not line and err.code ~= "ETIMEDOUT" and err.code ~= "EOVERFLOW" then return end
    local message = line and engine.json.decode(line)
    local op = type(message) == "table" and ops[message.op]
    local ok, why = pcall(op or function() end, side, message)
    if not ok then side:print(tostring(why)) end
  end
end

-- Ctrl-C's message (lib/repl/attach.lua). Inside a JSON string the quotes would have backslashes.
local INTERRUPT = '"op":"interrupt"'

--- Runs a session over a socket, until either side ends it.
function attach_session.converse(self, socket)
  local session = require "repl.session"
  local function send(message) attach_session.send(socket, message) end
  local s = session.new(self.rig, function(text) send { op = "out", text = encoding.scrub(text) } end)
  s.send, s.socket, s.server, s.lines, s.event, s.prompt = send, socket, self, {}, engine.event(), session.prompt
  s.chatter = function(name, lines) send { op = "chatter", name = name, lines = lines } end
  s.watch_interrupts = function()
    local from = socket:mark()
    return function() return socket:since(from):find(INTERRUPT, 1, true) ~= nil end
  end
  s.dismiss = function()
    if s.is_over then return end
    s.is_over = true
    send { op = "bye" }
    s.event:set()
  end
  attach_session.receive(socket, s, OPS)
  s.is_over = true
  self:remove(s)
  s:interrupt()
  s.event:set()
end

return attach_session
