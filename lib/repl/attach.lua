--- attach: the terminal's side of a session at a running case (lib/repl/attach_server.lua): edits lines, shows output.

local attach_registry = require "repl.attach_registry"
local attach_session = require "repl.attach_session"
local engine = require "engine"
local fail = require "base.fail"
local line_history = require "repl.line_history"
local offer = require "repl.offer"
local ui = require "report.ui"

local attach = {}

local FOREVER = 1e6

local send = attach_session.send

local COLOURS = { "cyan", "magenta", "yellow", "blue", "green" }

--- A writer of consoles' lines: fn(name, lines) prints each after the console's name, in its own colour.
function attach.chatter()
  local term, colours, count = ui.terminal(), {}, 0
  return function(name, lines)
    if not colours[name] then
      colours[name] = COLOURS[count % #COLOURS + 1]
      count = count + 1
    end
    local tag = term:colour(colours[name], name .. " |")
    local out = {}
    for i, line in ipairs(lines) do out[i] = ("%s %s\n"):format(tag, line) end
    engine.print_above(table.concat(out))
  end
end

-- The server's messages, by `op`.
local OPS = {}

function OPS.out(_, message) engine.print_above(tostring(message.text)) end

function OPS.chatter(self, message) self.chatter(tostring(message.name), message.lines or {}) end

function OPS.prompt(self, message)
  self.prompt = tostring(message.text)
  self.event:set()
end

function OPS.complete(self, message)
  local wanted = self.completing
  if not wanted or message.id ~= wanted.id then return end
  wanted.found = message
  wanted.event:set()
end

function OPS.bye(self) self.is_over = true end

-- Takes messages until the server ends, then cancels the reader of lines.
local function receive(self)
  attach_session.receive(self.socket, self, OPS)
  self.is_over = true
  self.event:set()
  self.reader:cancel()
end

-- A completer of lines that asks the server. engine.readline gives it 2 s.
local function completer_of(self)
  local id = 0
  return function(text, cursor, again)
    id = id + 1
    local wanted = { id = id, event = engine.event() }
    self.completing = wanted
    send(self.socket, { op = "complete", id = id, text = text, cursor = cursor })
    wanted.event:wait(FOREVER)
    self.completing = nil
    return wanted.found and offer.answer(wanted.found, text, cursor, again)
  end
end

-- Reads a line at each prompt of the server.
local function read(self)
  local prompt
  line_history.read {
    prompt = function()
      while not (self.prompt or self.is_over) do self.event:wait(FOREVER) end
      prompt, self.prompt, self.is_interrupted = self.prompt, nil, false
      return not self.is_over and prompt or nil
    end,
    complete = completer_of(self),
    line = function(line) send(self.socket, { op = "line", text = line }) end,
    interrupt = function()
      send(self.socket, { op = "interrupt" })
      self.prompt = prompt
    end,
    leave = function() send(self.socket, { op = "leave" }) end,
  }
end

-- Ctrl-C drops the line, or interrupts the server's work. A second one before the next prompt detaches.
local function take_ctrl_c(self)
  engine.on_signal(function(signal)
    if signal ~= "SIGINT" then return false end
    if self.is_interrupted and not self.is_over then
      self.is_over = true
      engine.print_above "\nno answer: detached\n"
    end
    self.is_interrupted = true
    send(self.socket, { op = "interrupt" })
    self.event:set()
    return true
  end)
end

--- Attaches to a socket until Ctrl-D or the case's end. o.owner: this is the run's own terminal, at a pause that ends
--- when it leaves. True; nil and an error without a server.
function attach.talk(path, o)
  local socket, err = engine.connect(path)
  if not socket then return nil, err end
  local self = { socket = socket, event = engine.event(), chatter = attach.chatter(),
    print = function(_, text) engine.print_above(text) end }
  send(self.socket, { op = "hello", owner = o and o.owner, width = (engine.terminal_size()) })
  take_ctrl_c(self)
  self.reader = engine.task(read, self)
  local receiver = engine.task(receive, self)
  repeat
    local outcome = self.reader:join(FOREVER)
  until outcome or engine.is_cancelled()
  engine.on_signal(nil)
  self.is_over = true
  pcall(socket.close, socket, 1)
  receiver:join(2)
  return true
end

--- The verb `attach`. Returns an exit status.
function attach.main(o)
  local entry = attach_registry.find(o.run, "attach")
  print(("attached to %s; Ctrl-D detaches, and the case continues"):format(entry.name))
  fail.check(attach.talk(entry.socket))
  return 0
end

-- Connects the console at a socket with this terminal, until Ctrl-] or its end.
local function connect(socket, name)
  local mark = socket:mark()
  local term, err = engine.terminal()
  if not term then return nil, err end
  local ok, why = fail.try(socket.lend, socket, term)
  if not ok then
    pcall(term.close, term, 1)
    return nil, why
  end
  term:type(("[%s; Ctrl-] detaches]\r\n"):format(name) .. socket:since(mark))
  repeat
    local exit = fail.try(term.await_exit, term, FOREVER)
  until exit or engine.is_cancelled()
  pcall(term.close, term, 1)
  return true
end

--- The verb `console`. Returns an exit status.
function attach.console(o)
  local socket = fail.check(engine.connect(attach_registry.find(o.run, "console").socket))
  local columns, rows = engine.terminal_size()
  send(socket, { op = "console", name = o.name, rows = rows, columns = columns, term = os.getenv "TERM" })
  local line = fail.try(socket.expect, socket, "\n", 30)
  local message = line and engine.json.decode(line) or { text = "no answer in 30 s" }
  local ok, why = message.ok, message.text
  if ok then ok, why = connect(socket, message.text) end
  pcall(socket.close, socket, 1)
  if not ok then fail.raise("EIO", "console", fail.what(why)) end
  print(("\ndetached from %s"):format(message.text))
  return 0
end

return attach
