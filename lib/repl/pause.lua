--- pause: a place where a scenario waits for a person's order, at an attach server (lib/repl/attach_server.lua).

local engine = require "engine"
local fail = require "base.fail"
local where = require "base.where"

local pause = {}

local FOREVER = 1e6

-- The time of a person at the run's terminal.
local TERMINAL_SECONDS = 24 * 3600

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

local function why_no_pause(server)
  return server.run and "the scenario is running: wait until it pauses (t:pause)" or "no scenario here"
end

--- The present place of the scenario, an array of lines.
function pause.place(server)
  local p = server.paused
  if not p then return { why_no_pause(server) } end
  local out = source_lines(p.scope)
  table.insert(out, 1, p.why)
  for _, line in ipairs(p.lines or {}) do out[#out + 1] = line end
  out[#out + 1] = (":%s; :help explains them"):format(table.concat(p.orders, ", :"))
  return out
end

--- Gives the paused scenario an order. True; or nil and an error.
function pause.order(server, name)
  local p = server.paused
  if not p or server.answer then return nil, why_no_pause(server) end
  for _, known in ipairs(p.orders) do
    if known == name then
      server.answer = name
      server.answered:set()
      return true
    end
  end
  return nil, (":%s needs a scenario that was started by `moonrig repl`; here: :%s"):format(name,
    table.concat(p.orders, ", :"))
end

-- The longest time of a pause, within the run's deadline.
local function seconds_of(server, p)
  local seconds = p.seconds or (server.terminal and TERMINAL_SECONDS) or server.keep or TERMINAL_SECONDS
  if not server.deadline then return seconds end
  -- in tenths: people read it
  return math.min(seconds, math.floor((server.deadline - engine.now()) * 10) / 10)
end

local function await_answer(server, p, seconds)
  server.emit { ev = "pause", socket = server.socket, why = p.why, seconds = seconds, terminal = server.terminal }
  server:print(table.concat(pause.place(server), "\n"))
  local ok, err = server.answered:wait(seconds)
  if ok then return server.answer end
  if err.code ~= "ETIMEDOUT" then error(err, 0) end
  if server.answer then return server.answer end
  server.ctx:notice(("%s: no order within %g s, so the scenario continues"):format(p.why, seconds))
  return p.default
end

-- Two tasks of a scenario pause one after the other: an order is for one pause.
local function await_turn(server)
  while server.paused do
    local turn = engine.event()
    table.insert(server.turns, turn)
    local ok, err = turn:wait(FOREVER)
    if not ok then
      for i, other in ipairs(server.turns) do
        if other == turn then table.remove(server.turns, i) end
      end
      if err.code ~= "ETIMEDOUT" then error(err, 0) end
    end
  end
end

--- Waits for an order. p: { why, orders (an array: "continue", ...), default (the order after the time, or when the
--- run's terminal leaves), scope (lib/repl/frames.lua), lines (shown too), seconds }. Returns the order. Without a
--- terminal and without --keep it adds a notice and returns the default.
function pause.wait(server, p)
  if not (server.terminal or server.keep ~= nil or next(server.sessions)) then
    server.ctx:notice(p.why .. ": no terminal, so the scenario continues (--keep S waits for `moonrig attach`)")
    return p.default
  end
  server:open()
  await_turn(server)
  local seconds = seconds_of(server, p)
  if seconds <= 0 then return p.default end
  -- a new event: a late order for the last pause does not count here
  server.paused, server.answer, server.answered = p, nil, engine.event()
  local since = engine.now()
  if server.stopped then server.stopped(seconds) end
  local ok, answer = pcall(await_answer, server, p, seconds)
  server.paused = nil
  if server.went_on then server.went_on(engine.now() - since) end
  server:dismiss_owner()
  server.emit { ev = "resume" }
  local turn = table.remove(server.turns, 1)
  if turn then turn:set() end
  if not ok then error(answer, 0) end
  server.is_stepping = answer == "step"
  return answer
end

--- Ends a scenario that a person stopped.
function pause.stop() fail.cancel("prompt", "stopped at the prompt") end

return pause
