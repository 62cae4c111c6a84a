--- step_run: runs a scenario's steps again and again over one setup, at a person's orders (`moonrig repl FILE`).

local case = require "case.case"
local scenario = require "case.scenario"
local deferred = require "case.deferred"
local engine = require "engine"
local fail = require "base.fail"
local frames = require "repl.frames"
local pauses = require "repl.pause"
local tasks = require "case.tasks"
local verdict = require "case.verdict"
local where = require "base.where"

local step_run = {}

local ORDERS = { "continue", "step", "reload", "stop" }

local NOTHING = { programs = 0, tasks = 0, cells = 0, deferred = 0 }

-- Ends what a run of the steps started: everything beyond the counts in `had`.
local function end_since(t, had)
  local ctx = t.ctx
  deferred.run(t, had.deferred, deferred.SECONDS, { status = "PASS" })
  tasks.forget(ctx.tasks, had.tasks)
  for i = #ctx.programs, had.programs + 1, -1 do
    local program = table.remove(ctx.programs, i)
    local console = program.console
    if not console:exit() then pcall(console.close, console, 15) end
  end
  local cells = ctx:cells()
  for i = #cells, had.cells + 1, -1 do cells[i] = nil end
end

-- Does everything that the setup started still run?
local function is_whole(self)
  if not self.is_up then return false end
  for i = 1, self.had.programs do
    if self.ctx.programs[i].console:exit() then return false end
  end
  for _, vm in ipairs(self.ctx.machines) do
    if vm.qemu:exit() then return false end
  end
  return true
end

local function set_up(self)
  local function keep(...) self.held = { n = select("#", ...), ... } end
  local header = self.header
  if header.setup then keep(header.setup(self.t, header:arguments())) else keep() end
  self.setup, self.is_up = self.header.setup, true
  self.had = { programs = #self.ctx.programs, tasks = #self.ctx.tasks, cells = #self.ctx:cells(),
    deferred = #self.ctx.deferred }
end

-- Ends everything and sets up again.
local function set_up_again(self)
  self.is_up, self.had, self.held = false, NOTHING, { n = 0 }
  end_since(self.t, NOTHING)
  for i = #self.ctx.machines, 1, -1 do table.remove(self.ctx.machines, i):quit() end
  set_up(self)
end

-- Runs the steps once. Returns the pause after it, { why, scope }.
local function play(self, server)
  server.t = case.new(self.ctx)
  server.renewed()
  local ok, err, scope, trace = frames.call(self.header.run, server.t,
    self.header:arguments(unpack(self.held, 1, self.held.n)))
  if not ok and fail.is_cancel(err) then error(err, 0) end
  ok, err, trace = server.t:ending(ok, err, trace)
  local status, reason = verdict.of(ok, err, trace, server.t:count())
  status, reason = verdict.of_case(status, reason, self.ctx:cells(), self.header.known_issue,
    self.ctx.dpdk_versions)
  self.outcome = { ok = ok, err = err }
  return { why = status .. (reason and ": " .. tostring(reason) or ""), scope = scope }
end

-- Have two functions the same code? Both may be nil.
local function is_same(one, other)
  if not (one and other) then return one == other end
  return string.dump(one, true) == string.dump(other, true)
end

-- Reads the file again. Sets up again where the setup was edited or is not whole.
local function reload(self)
  end_since(self.t, self.had)
  local header, why = scenario.case(self.file, self.first.row_name)
  if not header then return { why = "reload failed: " .. why } end
  -- the case's verdict reads the first header's known issue
  self.header, self.first.known_issue = header, header.known_issue
  if is_same(header.setup, self.setup) and is_whole(self) then
    return { why = "file reloaded, setup unchanged: " .. where.short(self.file, engine.home()) }
  end
  set_up_again(self)
  return { why = "file reloaded, set up again: " .. where.short(self.file, engine.home()) }
end

-- Calls fn, which returns the next pause. An error is that pause's reason, except Ctrl-C's and :stop's.
local function tried(fn, ...)
  local ok, pause = pcall(fn, ...)
  if ok then return pause end
  if fail.is_cancel(pause) then error(pause, 0) end
  return { why = "the setup failed: " .. tostring(pause) }
end

local function again(self, server)
  end_since(self.t, self.had)
  if not is_whole(self) then set_up_again(self) end
  return play(self, server)
end

--- Sets a scenario up and pauses before each run of its steps, until :stop. The case ends as its last run.
function step_run.perform(file, header, t, server)
  local self = { file = file, header = header, first = header, t = t, ctx = t.ctx }
  set_up(self)
  local pause = { why = ("%s is set up; its steps come next"):format(server.name) }
  while true do
    pause.orders, pause.default = ORDERS, "stop"
    pause.scope = pause.scope or frames.awaiting(self.header.run, t,
      self.header:arguments(unpack(self.held, 1, self.held.n)))
    local answer = server:pause(pause)
    if answer == "stop" then break end
    pause = tried(answer == "reload" and reload or again, self, server)
  end
  if not self.outcome then pauses.stop() end
  t.checks = server.t.checks
  if not self.outcome.ok then error(self.outcome.err, 0) end
end

return step_run
