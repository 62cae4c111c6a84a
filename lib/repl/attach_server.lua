--- attach_server: a case or a REPL that terminals attach to, over a Unix socket, each with its own session.

local encoding = require "base.encoding"
local engine = require "engine"
local pause = require "repl.pause"

local attach_server = {}

local FOREVER = 1e6

-- A case that is over before this time needs no socket.
local OPEN_SECONDS = 0.1

-- The most lines of a console that are shown at once. Its log has all.
local BURST_LINES = 40

local Server = { place = pause.place, order = pause.order, pause = pause.wait }
Server.__index = Server

--- A server. o: { ctx, t, name, run (its id), emit(event), terminal (the run's terminal is free for a pause), keep
--- (seconds that a pause waits for a terminal), deadline (of all pauses), on_failure (a failure pauses), stop (so does
--- the end of the setup) }.
function attach_server.new(o)
  o.sessions, o.turns = {}, {}
  local self = setmetatable(o, Server)
  -- for the sessions (lib/repl/session.lua)
  self.rig = setmetatable({
    scope = function() return self.paused and self.paused.scope end,
    machines = function() return self.ctx.machines end,
    consoles = engine.consoles,
    checks = function() return self.ctx:all_checks() end,
    place = function() return self:place() end,
    order = function(name) return self:order(name) end,
    typed = function() self.is_typed_at = true end,
    orders = function() return self.paused and self.paused.orders or {} end,
  }, { __index = function(_, key) return key == "t" and self.t or nil end })
  return self
end

-- ---- sessions ----

--- Prints a text in each session.
function Server:print(text)
  for s in pairs(self.sessions) do s:print(text) end
end

-- A console's lines, the last of a long burst.
local function burst(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    local plain = encoding.scrub(line):gsub("%c", "")
    if plain:find "%S" then lines[#lines + 1] = plain end
  end
  local dropped = #lines - BURST_LINES
  if dropped <= 0 then return lines end
  return { ("... %d more lines: :log shows the last of them"):format(dropped), unpack(lines, dropped + 1) }
end

-- Shows the consoles' lines in the sessions, from the first session on.
local function show_chatter(self)
  if self.is_showing then return end
  self.is_showing = true
  engine.task(function()
    repeat
      local chatter, err = engine.chatter(FOREVER)
      for _, entry in ipairs(chatter or {}) do
        local lines = burst(entry.text)
        for s in pairs(self.sessions) do
          if #lines > 0 and not s.is_quiet and not s.quiet[entry.name] then s.chatter(entry.name, lines) end
        end
      end
    until not chatter and (engine.is_cancelled() or err.code ~= "ECANCELED")
  end)
end

--- Shows an event of the case ({ ev = "phase" | "check" | ... }) in the sessions.
function Server:event(event)
  if event.ev == "phase" then self:print("-- " .. event.name) end
  if event.ev == "check" then self:print((event.ok and "ok      " or "NOT OK  ") .. event.what) end
  if event.ev == "notice" then self:print("note: " .. event.text) end
end

--- Adds a session with its chatter(name, lines).
function Server:add(s)
  self.sessions[s] = true
  show_chatter(self)
end

function Server:remove(s) self.sessions[s] = nil end

--- Ends the sessions that the run's own terminal opened for a pause.
function Server:dismiss_owner()
  for s in pairs(self.sessions) do
    if s.is_owner then s.dismiss() end
  end
end

-- ---- pauses of the scenario's own ----

--- A pause in the middle of a scenario, called by its task.
function Server:halt(why)
  local answer = self:pause { why = why, orders = { "continue", "step", "stop" }, default = "continue",
    scope = require("repl.frames").live(coroutine.running()) }
  if answer == "stop" then pause.stop() end
end

--- Pauses before a phase, after :step.
function Server:at_phase(name)
  if self.is_stepping then self:halt("before: " .. name) end
end

-- ---- the socket ----

local function accept(self, listener)
  while true do
    local socket, err = listener:accept(FOREVER)
    if socket then
      engine.task(require("repl.attach_session").converse, self, socket)
    elseif err.code ~= "ETIMEDOUT" and err.code ~= "ECONNABORTED" then
      return
    end
  end
end

--- Opens the socket to processes of the same user, once.
function Server:open()
  if self.is_open or self.is_over then return end
  self.is_open, self.socket = true, self.ctx.scratch .. "/attach"
  local listener, err = engine.listen(self.socket)
  if not listener then
    self.socket = nil
    self.ctx:notice("nobody can attach: " .. tostring(err))
    return
  end
  local registry = require "repl.attach_registry"
  local ok, why = pcall(registry.enter, self.ctx, { socket = self.socket, name = self.name, run = self.run })
  if not ok then self.ctx:notice("`moonrig attach` cannot find this case: " .. tostring(why)) end
  engine.task(accept, self, listener)
end

--- Opens the socket after a moment.
function Server:open_soon()
  engine.task(function()
    engine.elapse(OPEN_SECONDS)
    if not engine.is_cancelled() then self:open() end
  end)
end

--- The case is over: opens nothing any more.
function Server:stay_closed() self.is_over = true end

return attach_server
