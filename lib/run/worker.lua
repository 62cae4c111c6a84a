--- worker: one case, in a process of its own. Tells the supervisor on stdout what happens, an event a
--- line, and leaves its result in result.json.

local case = require "case.case"
local context = require "case.context"
local engine = require "engine"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local worker_phase = require "run.worker_phase"
local steps = require "base.steps"
local verdict = require "case.verdict"
local verdicts = require "base.verdicts"
local where = require "base.where"

local worker = {}

-- Events are lines that begin with this byte (RFC 7464's record separator); others are the
-- scenario's own output.
worker.MARK = "\30"

-- A case that is called off ends each wait at once; it may tidy up that long.
worker.CANCEL_SECONDS = 3

-- What closing may take in all: testpmd's and the examples' quit, QEMU's, the SSH session's (each has a grace
-- of its own, of 5 or 10 s, that a healthy one does not need). Then what is left is ended the hard way.
worker.CLOSE_SECONDS = 30

local function emit(event)
  io.stdout:write(worker.MARK, engine.json.encode(event), "\n")
  io.stdout:flush()
end

local function free_hugepages()
  return tonumber((paths.read("/proc/meminfo") or ""):match("HugePages_Free:%s*(%d+)")) or 0
end

local function has_image()
  local ok, err = pcall(require("host.image").need)
  return ok, tostring(err), true
end

-- A need that this machine may well lack is a SKIP; one that setup provides is an ERROR.
local NEEDS = {
  root = function() return engine.sys.uid() == 0, "it needs root" end,
  hugepages = function() return free_hugepages() > 0, "it needs free hugepages" end,
  kvm = function() return engine.fs.access("/dev/kvm", "w"), "it needs /dev/kvm" end,
  testpmd = function()
    return paths.program "dpdk-testpmd" ~= nil, "dpdk-testpmd is not there: install Debian's package dpdk-dev", true
  end,
  vm = function()
    if not paths.program "qemu-system-x86_64" then
      return false, "qemu-system-x86_64 is not there: install Debian's package qemu-system-x86", true
    end
    return has_image()
  end,
  examples = has_image,
}

local function check_needs(header)
  for _, need in ipairs(header.needs) do
    local ok, why, is_setup = NEEDS[need]()
    if not ok then return is_setup and "ERROR" or "SKIP", why end
  end
end

local function left_open(ctx)
  for _, program in ipairs(ctx.programs) do
    local words = program:unheard_end()
    if words then return words end
  end
  local names = {}
  for _, r in ipairs(engine.open_resources()) do
    if not r.detached then names[#names + 1] = ("%s \"%s\""):format(r.kind, r.name) end
  end
  if #names > 0 then return "left open at the end of the case: " .. table.concat(names, ", ") end
end

local INTERRUPTED = "interrupted"

-- Who is told to end has 5 s for all of it: so long in peace, then what still runs is killed and undone.
local PEACE_SECONDS = 3

-- A scenario that computes and never waits is ended at its deadline, too, and hears Ctrl-C.
local function watch_steps(limit)
  steps.watch("worker", function()
    if engine.breathe(limit.deadline) ~= "late" then return end
    local at = where.scenario(engine.home())
    limit.computes = ("%s%s: it computes and does not wait"):format(at and at .. ": " or "", limit.words)
    error(limit.computes, 0)
  end)
end

local function run_is_over(seconds) return ("the run's deadline of %g s came"):format(seconds) end

--- What a run(t) that begins at `at` has, the case's own time or the rest of the run's: { seconds, words for when
--- it is over }.
function worker.limit(header, spec, at)
  local own = spec.timeout or header.timeout
  local left = spec.deadline and spec.deadline - at or own
  if left >= own then return { seconds = own, words = ("not done within its %g s"):format(own) } end
  return { seconds = math.max(0, left), words = run_is_over(spec.run_seconds) }
end

-- Cancels a task that is out of time; in words, what it waited for, and its line.
local function what_it_did(task)
  task:cancel()
  local last = task:join(worker.CANCEL_SECONDS)
  if not last then return "it does not return to the engine" end
  if last[1] then return "its end, for it caught the interruption" end
  local at = where.in_trace(last[3], engine.home())
  return tostring(last[2]) .. (at and " (" .. at .. ")" or "")
end

-- From now on the case has so long; the run's deadline is where it was.
local function set_deadline(limit, spec, seconds)
  limit.deadline = engine.now() + seconds
  if not spec.deadline or limit.deadline < spec.deadline then return end
  limit.deadline, limit.words = spec.deadline, run_is_over(spec.run_seconds)
end

-- A pause is no part of the case's time: its deadline, and what the supervisor knows of it, move.
local function keep_time(server, limit, spec)
  server.stopped = function(seconds)
    limit.left, limit.resumed = limit.deadline - engine.now(), engine.bell()
    set_deadline(limit, spec, math.huge)
    worker_phase.tell(spec.dir, "pause", nil, seconds)
  end
  server.went_on = function(seconds)
    limit.paused = limit.paused + seconds
    set_deadline(limit, spec, limit.left)
    worker_phase.tell(spec.dir, "run", limit.deadline - limit.seconds)
    limit.resumed:ring()
    limit.resumed = nil
  end
  server.renewed = function() set_deadline(limit, spec, limit.seconds) end
end

-- Setup and steps, one after the other; where a person is to see the setup, as often as he wants.
local function perform(header, t, server, file)
  if server and server.stop then return require("repl.step_run").perform(file, header, t, server) end
  if not header.setup then return header.run(t) end
  return header.run(t, header.setup(t))
end

-- What is done for a person is no input of the case: it is not recorded, and a replay leaves it out.
local function unrecorded(fn, ...) return require("recorder.recorder").unrecorded(fn, ...) end

-- Until the pause is over, or the run.
local function await_resumed(limit)
  limit.resumed:wait(math.max(0, math.min(limit.deadline - engine.now(), 1e6)))
end

-- Waits for its end until the deadline, which a pause moves.
local function join(task, limit)
  while true do
    if limit.resumed then unrecorded(await_resumed, limit) end
    local outcome, err = task:join(math.max(0, math.min(limit.deadline - engine.now(), 1e6)))
    local is_late = not outcome and err.code == "ETIMEDOUT"
    if not is_late or engine.breathe(limit.deadline) then return outcome, err end
  end
end

-- Calls fn; what it raises is raised again, once its locals were kept for a person.
local function watched(server, fn, ...)
  if not (server and server.on_failure) then return fn(...) end
  local ok, err = xpcall(fn, function(e)
    server.failed_in, server.trace = require("repl.frames").caught(), debug.traceback("", 2)
    return e
  end, ...)
  if not ok then error(err, 0) end
end

local function run_body(header, t, limit, cells, server, file)
  collectgarbage "restart"
  watch_steps(limit)
  local task = engine.task(watched, server, perform, header, t, server, file)
  local outcome, err = join(task, limit)
  steps.watch("worker", nil)
  if outcome then
    local ok, why, trace = outcome[1], outcome[2], server and server.trace or outcome[3]
    ok, why, trace = t:ending(ok, why, trace)
    local status, reason = verdict.of(ok, why, trace, t:count())
    return verdict.of_case(status, reason, cells, header.known_issue)
  end
  engine.forgive()
  local doing = what_it_did(task)
  if limit.computes then return "ERROR", limit.computes end
  if err.code == "ETIMEDOUT" then return "ERROR", ("%s; it was at: %s"):format(limit.words, doing) end
  return "ERROR", INTERRUPTED
end

local function transcripts(dir)
  local out = {}
  for _, name in ipairs(engine.fs.list(dir) or {}) do
    if name:find("%.log$") then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

local function close(ctx, dir, status, reason)
  local is_cut = reason == INTERRUPTED
  worker_phase.tell(dir, "teardown")
  if ctx.desk then ctx.desk:stay_closed() end
  if not is_cut and reason then
    reason = require("case.post_mortem").added(status, reason, ctx.machines, ctx.programs)
  end
  if ctx.samplers then require("dpdk.sampler").finish_all(ctx) end
  ctx.phase "teardown"
  status, reason = verdict.at_end(status, reason, left_open(ctx))
  local ok, err = engine.close_all(is_cut and PEACE_SECONDS or worker.CLOSE_SECONDS)
  status, reason = verdict.at_end(status, reason, not ok and "teardown: " .. tostring(err) or nil)
  ctx.clean()
  status, reason = verdict.at_end(status, reason, engine.trouble())
  ctx.phase(nil)
  return status, reason
end

-- Before the teardown: a failure that a person wants to look at; a setup that is to stay.
local function linger(server, status, reason)
  local is_wanted = server and (server.keep or server.on_failure and verdicts.of(status).is_bad)
  if not is_wanted or reason == INTERRUPTED then return end
  local why = ("%s%s"):format(status, reason and ": " .. tostring(reason) or "")
  pcall(server.pause, server, { why = why, orders = { "continue", "stop" }, default = "continue",
    scope = server.failed_in, lines = require("case.consoles").text(server.ctx.last_words(), 3, 3),
    seconds = not server.terminal and server.keep or nil })
  engine.forgive()
end

-- What a person did at a prompt may be why it passed.
local function tell_of_typing(server)
  if not (server and server.is_typed_at) then return end
  unrecorded(server.ctx.notice, "a person typed at this case: its verdict is not the scenario's alone")
end

local FOR_PERSONS = { "pause", "halt", "at_phase", "event" }

local function new_desk(ctx, t, spec)
  local may = spec.desk or {}
  local server = require("repl.attach_server").new { ctx = ctx, t = t, name = spec.id, run = spec.run, emit = ctx.emit,
    terminal = may.terminal, keep = may.keep, deadline = spec.deadline, on_failure = may.on_failure, stop = may.stop }
  for _, name in ipairs(FOR_PERSONS) do
    local method = server[name]
    server[name] = function(...) return unrecorded(method, ...) end
  end
  ctx.desk = server
  server:open_soon()
  return server
end

--- Runs one case, of this source (own_modules.source), and tells tell(event) what happens. Returns its result. spec: {
--- file, dir, timeline, origin, id, folder (dir's name, where it is not PLAN.NAME), run (its id), timeout, deadline
--- (the run's, on the monotonic clock), run_seconds (what it was given as), cold (guests are booted), desk
--- (lib/repl/server.lua's terminal, keep, on_failure, stop) }.
function worker.run(spec, source, tell)
  local since = engine.now()
  local ctx, result = context.new(spec.origin, tell)
  ctx.cold = spec.cold
  local header, why = case.load(spec.file, source)
  local status, reason, words
  local paused = 0
  if not header then
    status, reason = "ERROR", why
  else
    status, reason = check_needs(header)
    if engine.is_cancelled() then
      engine.forgive()
      status, reason = "ERROR", INTERRUPTED
    end
    if not status then
      ctx.phase "setup"
      worker_phase.tell(spec.dir, "run")
      local t, limit = case.new(ctx), worker.limit(header, spec, engine.now())
      limit.deadline, limit.paused = engine.now() + limit.seconds, 0
      local server = unrecorded(new_desk, ctx, t, spec)
      if server then keep_time(server, limit, spec) end
      status, reason = run_body(header, t, limit, result.cells, server, spec.file)
      -- before a person types there, and the teardown: programs that are asked to end talk about that
      words = ctx.last_words()
      linger(server, status, reason)
      tell_of_typing(server)
      paused = limit.paused
    end
  end
  status, reason = close(ctx, spec.dir, status, reason)
  if verdicts.of(status).is_broken then result.consoles = words end
  result.status, result.reason, result.seconds = status, reason, engine.now() - since - paused
  result.paused = paused > 0 and paused or nil
  result.transcripts = transcripts(spec.dir)
  return result
end

-- Without a recording (on a full disk) the case runs all the same, and cannot be replayed.
local function run_recorded(spec)
  local recorder, source = require "recorder.recorder", own_modules.source(spec.file)
  local is_recorded = recorder.start(spec.dir, { spec = spec, source = source, moonrig = engine.version })
  local result = worker.run(spec, source, emit)
  if not is_recorded or not recorder.stop() then
    result.notices[#result.notices + 1] = "this case cannot be replayed: its recording could not be written"
  end
  return result
end

--- The verb: one case, in a process of its own that is guarded already (worker.run).
function worker.main(spec)
  assert(engine.record(spec.dir, spec.timeline, spec.origin, spec.id, spec.folder))
  local result = run_recorded(spec)
  -- a file, and not a line: it may be large, and nobody else writes it
  paths.write(spec.dir .. "/result.json", engine.json.encode(result))
  return 0
end

return worker
