--- rehearsal: a scenario whose setup stays up while its steps run again and again, as a person at the prompt wants.

local case = require "case"
local desk_module = require "desk"
local engine = require "engine"
local frames = require "frames"
local verdict = require "verdict"

local rehearsal = {}

local ORDERS = { "continue", "step", "reload", "stop" }

-- What a former run of the steps started ends before the next.
local function end_programs(ctx, count)
  for i = #ctx.programs, count + 1, -1 do
    local program = table.remove(ctx.programs, i)
    if not program.console:exit() then program.console:close(15) end
  end
end

-- Runs the steps once. Returns ok, the error, and { why, scope } for the pause after it.
local function play(self, desk)
  local scope, trace
  desk.t = case.new(self.ctx)
  desk.renewed()
  local ok, err = xpcall(self.header.run, function(e)
    scope, trace = frames.caught(), debug.traceback("", 2)
    return e
  end, desk.t, unpack(self.held, 1, self.held.n))
  if not ok and desk_module.is_stop(err) then error(err, 0) end
  ok, err, trace = desk.t:ending(ok, err, trace)
  local status, reason = verdict.of(ok, err, trace, desk.t:count(), self.header.known_issue)
  return ok, err, { why = status .. (reason and ": " .. tostring(reason) or ""), scope = scope }
end

local function read_again(self, file)
  local header, why = case.load(file)
  if not header then return "the file is not taken: " .. why end
  self.header = header
  return "read again: " .. file
end

--- Waits for a person before each of the steps' runs, until he stops: `...` is what the setup returned. Then the case
--- ends as its last run did.
function rehearsal.perform(file, header, t, desk, ...)
  local self = { header = header, ctx = t.ctx, held = { n = select("#", ...), ... } }
  local count = #t.ctx.programs
  local pause = { why = ("%s is set up, and stands before its steps"):format(desk.name) }
  local played, ok, err
  while true do
    pause.orders, pause.default = ORDERS, "stop"
    pause.scope = pause.scope or frames.awaiting(self.header.run, t, ...)
    local answer = desk:pause(pause)
    if answer == "stop" then break end
    if answer == "reload" then
      pause = { why = read_again(self, file) }
    else
      end_programs(t.ctx, count)
      played, ok, err, pause = true, play(self, desk)
      if engine.is_cancelled() then break end
    end
  end
  if not played then error(desk_module.stopped(), 0) end
  -- the case ends as its last run did
  t.checks = desk.t.checks
  if not ok then error(err, 0) end
end

return rehearsal
