--- attach: a terminal joins a rig that is up (lib/repl/attach_server.lua): lines are edited here and evaluated there.

local attach_registry = require "repl.attach_registry"
local engine = require "engine"
local line_history = require "repl.line_history"
local offer = require "repl.offer"
local session = require "repl.session"

local attach = {}

local FOREVER = 1e6
local COMPLETE_SECONDS = 2

local COLOURS = { "cyan", "magenta", "yellow", "blue", "green" }

-- Lines above the one that is edited.
local function show(text)
  engine.print_above(text)
end

--- A writer of consoles' lines: { name, lines }, each behind the console's name in a colour of its own.
function attach.chatter(term)
  local colours, count = {}, 0
  return function(name, lines)
    if not colours[name] then
      colours[name] = COLOURS[count % #COLOURS + 1]
      count = count + 1
    end
    local tag = term:colour(colours[name], name .. " |")
    local out = {}
    for i, line in ipairs(lines) do out[i] = ("%s %s\n"):format(tag, line) end
    show(table.concat(out))
  end
end

local Talk = {}
Talk.__index = Talk

local function send(self, message)
  pcall(self.socket.type, self.socket, engine.json.encode(message) .. "\n")
end

-- What comes from the other side, by its op.
local HEARD = {}

function HEARD.out(_, message) show(tostring(message.text)) end

function HEARD.chatter(self, message) self.chatter(tostring(message.name), message.lines or {}) end

function HEARD.prompt(self, message)
  self.prompt = tostring(message.text)
  self.event:set()
end

function HEARD.complete(self, message)
  local wanted = self.completing
  if not wanted or message.id ~= wanted.id then return end
  wanted.found = message
  wanted.event:set()
end

function HEARD.bye(self) self.is_over = true end

-- Hears the other side until it ends; then whoever reads a line here is called off.
local function hear(self)
  while not self.is_over do
    local line, err = self.socket:expect("\n", FOREVER)
    local message = line and engine.json.decode(line)
    if type(message) == "table" and HEARD[message.op] then HEARD[message.op](self, message) end
    if not line and err.code ~= "ETIMEDOUT" then break end
  end
  self.is_over = true
  self.event:set()
  self.reader:cancel()
end

-- Asks the other side what completes a line.
local function complete(self)
  local id = 0
  return function(text, cursor, again)
    id = id + 1
    local wanted = { id = id, event = engine.event() }
    self.completing = wanted
    send(self, { op = "complete", id = id, text = text, cursor = cursor })
    wanted.event:wait(COMPLETE_SECONDS)
    self.completing = nil
    return wanted.found and offer.answer(wanted.found, text, cursor, again)
  end
end

-- Reads lines as long as the other side takes them.
local function read(self)
  local completer, remember = complete(self), line_history.keeper()
  local last
  while true do
    self.event:wait(FOREVER)
    if self.is_over then return end
    if self.prompt then
      local prompt = self.prompt
      self.prompt = nil
      if last then remember(last, prompt ~= session.more) end
      last, self.is_called_off = nil, false
      local line, err = engine.readline(prompt, completer)
      if line then
        last = line
        send(self, { op = "line", text = line })
      elseif err and not self.is_over then
        -- Ctrl-C: the line is dropped
        engine.clear_cancel()
        send(self, { op = "interrupt" })
        remember(nil, true)
        self.prompt = prompt
        self.event:set()
      elseif not err then
        send(self, { op = "leave" })
      end
    end
  end
end

--- Joins the rig at a socket, until its end or Ctrl-D. o: { owner = true: the run's own terminal, which came for a
--- pause and lets it go on when it leaves }. True; nil and an error where nobody listens.
function attach.talk(path, o)
  local socket, err = engine.connect(path)
  if not socket then return nil, err end
  local term, columns = require("report.ui").terminal(), engine.terminal_size()
  local self = setmetatable({ socket = socket, event = engine.event(), chatter = attach.chatter(term) }, Talk)
  send(self, { op = "hello", owner = o and o.owner, width = columns })
  -- Ctrl-C is the line's, or ends what is evaluated at the other side
  engine.on_signal(function(signal)
    if signal ~= "SIGINT" then return false end
    -- twice, and no prompt came: the other side does not hear us
    if self.is_called_off and not self.is_over then
      self.is_over = true
      show "\nit does not answer, and is left\n"
    end
    self.is_called_off = true
    send(self, { op = "interrupt" })
    self.event:set()
    return true
  end)
  self.reader = engine.task(read, self)
  local hearing = engine.task(hear, self)
  repeat
    local outcome = self.reader:join(FOREVER)
  until outcome or engine.is_cancelled()
  engine.on_signal(nil)
  self.is_over = true
  socket:close(1)
  hearing:join(2)
  return true
end

-- A rig that `words` mean; says so where there is none.
local function found(words)
  local entry, why = attach_registry.find(words)
  if entry then return entry end
  io.stderr:write("moonrig: ", why, "\n")
end

--- The verb `attach`. Returns an exit status.
function attach.main(o)
  local entry = found(o.run)
  if not entry then return 5 end
  print(("joined %s; Ctrl-D leaves it, and it goes on"):format(entry.name))
  local ok, err = attach.talk(entry.socket)
  if ok then return 0 end
  io.stderr:write("moonrig: ", tostring(err), "\n")
  return 3
end

-- The console at the other end of a socket is joined with this terminal, until Ctrl-] or its end.
local function lend(socket, name)
  local position = socket:position()
  local term, err = engine.terminal()
  if not term then return nil, err end
  local ok, why = socket:lend(term)
  if not ok then
    term:close(1)
    return nil, why
  end
  term:type(("[%s; Ctrl-] gives it back]\r\n"):format(name) .. socket:since(position))
  repeat
    local exit = term:await_exit(FOREVER)
  until exit or engine.is_cancelled()
  term:close(1)
  return true
end

--- The verb `console`. Returns an exit status.
function attach.console(o)
  local entry = found(o.run)
  if not entry then return 5 end
  local socket, err = engine.connect(entry.socket)
  local columns, rows = engine.terminal_size()
  if socket then
    socket:type(engine.json.encode { op = "console", name = o.name, rows = rows, columns = columns,
      term = os.getenv "TERM" } .. "\n")
  end
  local line = socket and socket:expect("\n", 30)
  local message = line and engine.json.decode(line) or { text = tostring(err or "no answer") }
  local ok, why = message.ok, message.text
  if ok then ok, why = lend(socket, message.text) end
  if socket then socket:close(1) end
  if not ok then
    io.stderr:write("moonrig: ", tostring(why), "\n")
    return 3
  end
  print(("\n%s is given back"):format(message.text))
  return 0
end

return attach
