--- attach_session: a terminal at the other end of an attach server's socket (lib/repl/attach_server.lua), in a session
--- of its own: a message of JSON a line, both ways.

local engine = require "engine"
local encoding = require "base.encoding"

local attach_session = {}

-- A wait for a person.
local FOREVER = 1e6

-- What a terminal at the other end sends, by its op.
local OPS = {}

function OPS.line(s, message)
  s.lines[#s.lines + 1] = tostring(message.text)
  s.event:set()
end

function OPS.interrupt(s)
  -- a line that was not begun yet is one that was called off
  local is_waiting = s.lines[1] ~= nil
  s.lines = {}
  s:interrupt()
  if is_waiting then s.send { op = "prompt", text = s.prompt } end
end

function OPS.complete(s, message)
  engine.task(function()
    local ok, found = pcall(s.candidates, s, tostring(message.text), tonumber(message.cursor) or 0)
    -- who waits for it waits no longer
    if not ok then found = { from = 1, candidates = {} } end
    s.send { op = "complete", id = message.id, from = found.from, candidates = found.candidates }
  end)
end

function OPS.leave(s)
  if s.is_owner and s.server.paused then s.server:order(s.server.paused.default) end
  s.dismiss()
end

-- A console, or a guest's shell, is handed to the terminal at the other end, until that goes.
function OPS.console(s, message)
  local console, why = require("repl.passthrough").find(s.server.ctx, tostring(message.name), message)
  local ok, err
  if console then ok, err = console:lend(s.socket) end
  s.send { op = "console", ok = ok and true or false, text = ok and console:name() or why or tostring(err) }
  s.is_lent = ok
end

-- Evaluates lines one after another, so that meanwhile an interrupt is heard.
local function work(s)
  s.send { op = "prompt", text = s.prompt }
  while not s.is_over do
    if not s.event:wait(FOREVER) and engine.is_cancelled() then return end
    while s.lines[1] do
      local is_taken, prompt = pcall(s.line, s, table.remove(s.lines, 1))
      if not is_taken then
        s:say(tostring(prompt))
        prompt = s.prompt
      end
      if not prompt then
        s.dismiss()
        return
      end
      -- who let the case go on goes with it (Desk:pause)
      if not (s.is_owner and s.server.answer) then s.send { op = "prompt", text = prompt } end
    end
  end
end

function OPS.hello(s, message)
  if s.worker then return end
  s.is_owner, s.width = message.owner == true, tonumber(message.width) or 80
  s.server:join(s)
  s:say(table.concat(s.server:place(), "\n"))
  s.worker = engine.task(work, s)
end

-- Takes what is sent, until nobody sends any more, or the socket is a console's. What cannot be done ends no session.
local function hear(s, socket)
  while not s.is_lent do
    local line, err = socket:expect("\n", FOREVER)
    if not line and err.code ~= "ETIMEDOUT" then return end
    local message = line and engine.json.decode(line)
    local op = type(message) == "table" and OPS[message.op]
    local ok, why = pcall(op or function() end, s, message)
    if not ok then s:say(tostring(why)) end
  end
end

-- How Ctrl-C comes (lib/repl/attach.lua); in a string its quotes would have backslashes.
local INTERRUPT = '"op":"interrupt"'

--- Talks with who is at a socket, until one of the two has enough.
function attach_session.converse(self, socket)
  local session = require "repl.session"
  local function send(message)
    local ok, text = pcall(engine.json.encode, message)
    if ok then pcall(socket.type, socket, text .. "\n") end
  end
  local s = session.new(self.rig, function(text) send { op = "out", text = encoding.scrub(text) } end)
  s.send, s.socket, s.server, s.lines, s.event, s.prompt = send, socket, self, {}, engine.event(), session.prompt
  s.chatter = function(name, lines) send { op = "chatter", name = name, lines = lines } end
  s.listen = function()
    local from = socket:position()
    return function() return socket:since(from):find(INTERRUPT, 1, true) ~= nil end
  end
  s.dismiss = function()
    if s.is_over then return end
    s.is_over = true
    send { op = "bye" }
    s.event:set()
  end
  hear(s, socket)
  s.is_over = true
  self:leave(s)
  s:interrupt()
  s.event:set()
end

return attach_session
