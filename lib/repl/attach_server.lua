--- attach_server: a case, or a REPL, as people's terminals join it: over a Unix socket, each in a session of its own;
--- and the pauses at which a scenario waits for them.

local engine = require "engine"
local fail = require "base.fail"
local encoding = require "base.encoding"
local where = require "base.where"

local attach_server = {}

-- A wait for a person; that nobody comes is no fault.
local FOREVER = 1e6

-- Who sits at the terminal of the run may think that long.
local TERMINAL_SECONDS = 24 * 3600

-- Nobody joins a case that is over by then: a run of nothing pays for no socket.
local OPEN_SECONDS = 0.1

-- Of a burst of a console's lines so many are shown; the rest is in its log.
local BURST_LINES = 40

local Server = {}
Server.__index = Server

--- A server. o: { ctx, t, name, run (its id), emit(event), terminal (the run's own terminal comes when it is called),
--- keep (seconds that a pause waits for somebody to attach), deadline (when each pause is over), on_failure (a failure
--- is a pause), stop (so is the end of the setup) }.
function attach_server.new(o)
  o.sessions, o.turns = {}, {}
  local self = setmetatable(o, Server)
  -- what a session asks of its rig
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

-- ---- what sessions are told ----

local function each(self, fn)
  for s in pairs(self.sessions) do fn(s) end
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
  local out = { ("... %d lines more: :log shows the last of them"):format(dropped) }
  for i = dropped + 1, #lines do out[#out + 1] = lines[i] end
  return out
end

-- Tells the sessions what consoles say, from the first session on.
local function listen(self)
  if self.is_listening then return end
  self.is_listening = true
  engine.task(function()
    repeat
      local said, err = engine.chatter(FOREVER)
      for _, entry in ipairs(said or {}) do
        local lines = burst(entry.text)
        each(self, function(s)
          if #lines > 0 and not s.is_quiet and not s.quiet[entry.name] then s.chatter(entry.name, lines) end
        end)
      end
    until not said and (engine.is_cancelled() or err.code ~= "ECANCELED")
  end)
end

--- An event of the case ({ ev = "phase" | "check" | ... }), for those who look on.
function Server:event(event)
  if next(self.sessions) == nil then return end
  local line
  if event.ev == "phase" then line = "-- " .. event.name end
  if event.ev == "check" then line = (event.ok and "ok      " or "NOT OK  ") .. event.what end
  if event.ev == "notice" then line = "note: " .. event.text end
  if line then each(self, function(s) s:say(line) end) end
end

--- A session joins: { chatter(name, lines) } is set on it by who made it.
function Server:join(s)
  self.sessions[s] = true
  listen(self)
end

function Server:leave(s)
  self.sessions[s] = nil
end

-- ---- pauses ----

local function source_lines(scope)
  if not (scope and scope.file) then return {} end
  local out, number = { ("%s:%d"):format(where.short(scope.file, engine.home()), scope.line) }, 0
  local f = io.open(scope.file)
  for line in (f and f:lines() or function() end) do
    number = number + 1
    if math.abs(number - scope.line) <= 2 then
      out[#out + 1] = ("%s %4d  %s"):format(number == scope.line and ">" or " ", number, line)
    end
  end
  if f then f:close() end
  return out
end

--- Where the scenario stands, an array of lines.
function Server:place()
  local p = self.paused
  if not p then return { self.t and self.t.ctx and self.run and "the scenario runs" or "no scenario stands here" } end
  local out = { p.why }
  for _, line in ipairs(source_lines(p.scope)) do out[#out + 1] = line end
  for _, line in ipairs(p.lines or {}) do out[#out + 1] = line end
  local names = {}
  for _, name in ipairs(p.orders) do names[#names + 1] = ":" .. name end
  out[#out + 1] = table.concat(names, ", ") .. "; :help tells of them"
  return out
end

--- What a person wants the scenario to do. True; or nil and why not.
function Server:order(name)
  local p = self.paused
  if not p or self.answer then
    return nil, self.run and "the scenario runs: it can be told that where it pauses" or "no scenario stands here"
  end
  for _, known in ipairs(p.orders) do
    if known == name then
      self.answer = name
      self.answered:set()
      return true
    end
  end
  return nil, (":%s is for where a scenario was begun by `moonrig repl`; here: :%s"):format(name,
    table.concat(p.orders, ", :"))
end

-- Is somebody there, or to come?
local function is_attended(self)
  return self.terminal or self.keep ~= nil or next(self.sessions) ~= nil
end

-- How long it waits at most; a run's own deadline is not moved.
local function seconds_of(self, p)
  local seconds = p.seconds or (self.terminal and TERMINAL_SECONDS) or self.keep or TERMINAL_SECONDS
  if not self.deadline then return seconds end
  -- in tenths: people read it
  return math.min(seconds, math.floor((self.deadline - engine.now()) * 10) / 10)
end

local function await_answer(self, p, seconds)
  self.emit { ev = "pause", socket = self.socket, why = p.why, seconds = seconds, terminal = self.terminal }
  each(self, function(s) s:say(table.concat(self:place(), "\n")) end)
  local ok, err = self.answered:wait(seconds)
  if ok then return self.answer end
  if err.code ~= "ETIMEDOUT" then error(err, 0) end
  if self.answer then return self.answer end
  self.ctx:notice(("%s: nobody let it go on within %g s"):format(p.why, seconds))
  return p.default
end

-- Two tasks of a scenario may pause: one after the other, for who answers answers one.
local function await_turn(self)
  while self.paused do
    local turn = engine.event()
    table.insert(self.turns, turn)
    local ok, err = turn:wait(FOREVER)
    if not ok then
      for i, other in ipairs(self.turns) do
        if other == turn then table.remove(self.turns, i) end
      end
      if err.code ~= "ETIMEDOUT" then error(err, 0) end
    end
  end
end

local function give_turn(self)
  local turn = table.remove(self.turns, 1)
  if turn then turn:set() end
end

--- Waits for a person's order: p is { why, orders (an array: "continue", ...), default (the order of who just leaves),
--- scope (lib/repl/frames.lua), lines (shown too), seconds }. Returns the order. Where nobody is there to give one, it
--- says so and returns the default.
function Server:pause(p)
  if not is_attended(self) then
    self.ctx:notice(p.why .. ": no terminal is there, so it goes on (--keep S waits for `moonrig attach`)")
    return p.default
  end
  self:open()
  await_turn(self)
  local seconds = seconds_of(self, p)
  if seconds <= 0 then return p.default end
  -- of its own: an order that came too late for the last one is none of this one's
  self.paused, self.answer, self.answered = p, nil, engine.event()
  local since = engine.now()
  if self.stopped then self.stopped(seconds) end
  local ok, answer = pcall(await_answer, self, p, seconds)
  self.paused = nil
  if self.went_on then self.went_on(engine.now() - since) end
  -- who came for the pause alone goes with it
  each(self, function(s)
    if s.is_owner then s.dismiss() end
  end)
  self.emit { ev = "resume" }
  give_turn(self)
  if not ok then error(answer, 0) end
  self.is_stepping = answer == "step"
  return answer
end

--- Ends a scenario that a person stopped.
function attach_server.stop()
  fail.cancel("prompt", "stopped at the prompt")
end

local ORDERS = { "continue", "step", "stop" }

--- A pause in the middle of a scenario, by who runs it.
function Server:halt(why)
  local p = { why = why, orders = ORDERS, default = "continue",
    scope = require("repl.frames").live(coroutine.running()) }
  if self:pause(p) == "stop" then attach_server.stop() end
end

--- A phase begins: the place where a scenario that is stepped stops.
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

--- Opens it to others of the same user, if it is not open yet.
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
  if not ok then self.ctx:notice("`moonrig attach` does not find it: " .. tostring(why)) end
  engine.task(accept, self, listener)
end

--- Opens it once the case has gone on for a moment.
function Server:open_soon()
  engine.task(function()
    engine.elapse(OPEN_SECONDS)
    if not engine.is_cancelled() then self:open() end
  end)
end

--- The case is over: what is not open stays closed.
function Server:stay_closed()
  self.is_over = true
end

return attach_server
