--- terminal_window: a terminal with a shell in it, and somebody who types at it and reads its screen: a real tmux.
---
---     local window = terminal_window.open { env = { "TMPDIR=" .. rig.tmp } }
---     finally(function() window:close() end)
---     window:type_line "moonrig repl"
---     window:await "moonrig> "
---     window:press "C-d"

local engine = require "engine"
local fail = require "base.fail"

local terminal_window = {}

local Window = {}
Window.__index = Window

local COLUMNS, ROWS = 120, 40
-- Long, for a loaded machine: who waits for what comes waits as long as it takes.
local SECONDS = 30
-- The shell's; no program of ours has one like it.
local PROMPT = "shell: "

-- window-size comes last: tmux 3.3a crashes in a new-session behind it
local CONF = [[
set -g status off
set -g history-limit 50000
set -g default-terminal "screen-256color"
set -s escape-time 0
new-session -d -x %d -y %d "exec env 'ENV=%s' /bin/sh -i"
set -g window-size manual
]]

local function write(path, text)
  local f = assert(io.open(path, "w"))
  assert(f:write(text))
  f:close()
end

-- The processes below this one, all the way down.
local function descendants(pid)
  local parents, out, known = {}, {}, { [tostring(pid)] = true }
  for _, name in ipairs(engine.fs.list "/proc") do
    local f = name:find "^%d+$" and io.open(("/proc/%s/stat"):format(name))
    parents[name] = f and (f:read "*a" or ""):match "%) %a (%d+)"
    if f then f:close() end
  end
  repeat
    local is_more = false
    for name, parent in pairs(parents) do
      if known[parent] and not known[name] then
        known[name], is_more = true, true
        out[#out + 1] = name
      end
    end
  until not is_more
  return out
end

local OPTIONS = { env = true, cwd = true, columns = true, rows = true }

local function tmux(self, ...)
  local r = assert(engine.here():run({ "tmux", "-N", "-u", "-S", self.socket, ... }))
  if r.code ~= 0 then error(("tmux %s: %s"):format((...), r.err), 3) end
  return r.out
end

-- What is to hold for the programs that are typed at the shell, and for neither it nor tmux: who counts the processes
-- with a run's $TMPDIR finds none of the terminal's.
local function profile(words, cwd)
  local lines = { ("PS1='%s'"):format(PROMPT), ('PATH="%s:$PATH"'):format(engine.fs.realpath("/proc/self/exe"):match "^(.*)/") }
  if cwd then lines[#lines + 1] = ("cd '%s'"):format(cwd) end
  for _, word in ipairs(words) do lines[#lines + 1] = ("export '%s'"):format(word) end
  return table.concat(lines, "\n") .. "\n"
end

-- Its events, an %output for each of the screen's, come from a client in control mode.
local function start(self, o)
  local here, env = engine.here(), { "LC_ALL=C.UTF-8", "TERM=screen-256color", "SHELL=/bin/sh", "TMUX=" }
  write(self.folder .. "/profile", profile(o.env or {}, o.cwd))
  write(self.folder .. "/conf", CONF:format(o.columns or COLUMNS, o.rows or ROWS, self.folder .. "/profile"))
  -- no daemon: a child of ours, that ends when we do, and its shell with it
  self.server = assert(here:spawn({ "tmux", "-D", "-u", "-S", self.socket, "-f", self.folder .. "/conf" },
    { name = "tmux", pipes = true, env = env }))
  -- the first client has it read its configuration; its socket is there a moment before it listens
  assert(engine.await_path(self.socket, SECONDS))
  local deadline = engine.now() + SECONDS
  while not pcall(tmux, self, "list-sessions") do
    if self.server:exit() or engine.now() > deadline then error("tmux does not come up: " .. self.server:tail(5), 0) end
    assert(engine.elapse(0.005))
  end
  self.events = assert(here:spawn({ "tmux", "-N", "-u", "-C", "-S", self.socket, "attach-session" },
    { name = "tmux-events", pipes = true, env = env }))
  -- what the screen shows from here on, it is told of
  assert(self.events:expect("%session-changed ", SECONDS))
end

--- Opens one, with a shell at its prompt that finds moonrig. Options: env (words NAME=value, for what is typed), cwd,
--- columns (120), rows (40).
function terminal_window.open(o)
  o = o or {}
  for key in pairs(o) do
    if not OPTIONS[key] then error("terminal_window.open: unknown option " .. tostring(key), 2) end
  end
  local self = setmetatable({ folder = engine.scratch() }, Window)
  self.socket = self.folder .. "/tmux"
  local ok, err = pcall(function()
    start(self, o)
    self:await(PROMPT)
  end)
  if ok then return self end
  self:close()
  error(err, 0)
end

-- Lines without the blanks at their ends, nor empty ones at the end.
local function tidy(text)
  return (text:gsub("[ ]+\n", "\n"):gsub("\n+$", ""))
end

--- What is on the screen, lines without the blanks at their ends; with `colours`, escape sequences and all.
function Window:screen(colours)
  return tidy(tmux(self, "capture-pane", "-p", unpack(colours and { "-e" } or {})))
end

--- The same, with all that was scrolled away.
function Window:history()
  return tidy(tmux(self, "capture-pane", "-p", "-S", "-"))
end

--- Where the cursor is, from 0 on: column, row.
function Window:cursor()
  local x, y = tmux(self, "display-message", "-p", "#{cursor_x} #{cursor_y}"):match "(%d+) (%d+)"
  return tonumber(x), tonumber(y)
end

--- Types text, as it is.
function Window:type(text)
  tmux(self, "send-keys", "-l", "--", text)
end

--- Types a line, and Enter.
function Window:type_line(text)
  self:type(text)
  self:press "Enter"
end

--- Presses keys, by tmux's names: "Enter", "C-c", "Up", "Tab", "BSpace", ...
function Window:press(...)
  tmux(self, "send-keys", "--", ...)
end

--- Another size of the terminal.
function Window:resize(columns, rows)
  tmux(self, "resize-window", "-x", tostring(columns), "-y", tostring(rows))
end

--- Waits until the programs in it can know its size: tmux tells them a moment later than it is so.
function Window:await_size(columns, rows)
  local tty, size = tmux(self, "display-message", "-p", "#{pane_tty}"):match "%S+", ("%d %d"):format(rows, columns)
  local deadline = engine.now() + SECONDS
  repeat
    if assert(engine.here():run { "stty", "-F", tty, "size" }).out:match "[^\n]+" == size then return end
    assert(engine.elapse(0.01))
  until engine.now() > deadline
  error("the terminal does not come to be " .. size, 2)
end

--- Waits until is_right(screen) is true; returns the screen. Raises at the deadline, with what was awaited (in words)
--- and the screen.
function Window:await_screen(is_right, what, seconds)
  local deadline = engine.now() + (seconds or SECONDS)
  while true do
    -- the screen is looked at after what was said about it: none of its changes is missed
    local screen = self:screen()
    if is_right(screen) then return screen end
    local left = deadline - engine.now()
    local event, err = nil, { code = "ETIMEDOUT" }
    local next_one = { timeout = left, from = "last" }
    if left > 0 then event, err = fail.try(self.events.expect, self.events, "%output ", next_one) end
    if not event then
      error(("the terminal did not show %s (%s, %g s):\n%s"):format(what, err.code, seconds or SECONDS, screen), 0)
    end
  end
end

--- Waits for text (plain) on the screen; returns the screen.
function Window:await(text, seconds)
  return self:await_screen(function(screen) return screen:find(text:gsub(" +$", ""), 1, true) ~= nil end,
    ("%q"):format(text), seconds)
end

--- Waits until the last line of the screen is `text` (plain).
function Window:await_last_line(text, seconds)
  text = text:gsub(" +$", "")
  return self:await_screen(function(screen) return screen:match "[^\n]*$" == text end, ("%q at its end"):format(text),
    seconds)
end

--- Waits until the shell has its prompt again: the program typed last has ended. Returns the screen.
function Window:await_shell(seconds)
  return self:await_last_line(PROMPT, seconds)
end

--- The exit status of the program that the shell ran last.
function Window:exit_status()
  self:type_line 'echo "status $?."'
  return tonumber(self:await_screen(function(screen) return screen:match "\nstatus (%d+)%.\n[^\n]*$" end,
    "an exit status"):match "\nstatus (%d+)%.\n[^\n]*$")
end

--- Ends the shell and what it runs (SIGHUP, as when a person closes a window). May be called twice.
function Window:close()
  if self.events then self.events:close(1) end
  -- a hangup ends what was typed, a moment after tmux
  local typed = self.server and descendants(self.server:pid()) or {}
  if self.server then self.server:close(5) end
  for _, pid in ipairs(typed) do
    local deadline = engine.now() + SECONDS
    while engine.fs.stat("/proc/" .. pid) and engine.now() < deadline do assert(engine.elapse(0.005)) end
  end
  engine.fs.rmtree(self.folder)
end

return terminal_window
