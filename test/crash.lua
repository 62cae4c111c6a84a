--- crash: kills real runs at random moments, and counts the leftovers.

local engine = require "engine"
local paths = require "base.paths"
local fail = require "base.fail"
local leftovers = require "host.leftovers"
local ui = require "report.ui"

local crash = {}

-- `to`: the processes that get the signal: 1 the supervisor, 2 its guard, 3 the worker.
local KILLS = {
  { name = "SIGKILL of the worker", signal = "KILL", to = { 3 } },
  { name = "SIGKILL of the guard", signal = "KILL", to = { 2 } },
  { name = "SIGKILL of the supervisor", signal = "KILL", to = { 1 } },
  { name = "SIGKILL of all three", signal = "KILL", to = { 1, 2, 3 }, sweep = true },
  { name = "SIGINT", signal = "INT", to = { 1 } },
  { name = "SIGTERM", signal = "TERM", to = { 1 } },
  { name = "SIGHUP", signal = "HUP", to = { 1 } },
}

-- The pids of the supervisor, its guard and its worker, as far as they have started. Only the guard has a name of its
-- own: other programs of the supervisor (dpkg-query) are "moonrig", too, until their exec.
local function chain(tmp, supervisor)
  local function child_of(parent, name)
    for _, p in ipairs(leftovers.processes(tmp)) do
      if p.parent == parent and p.name == name then return p.pid end
    end
  end
  local guard = child_of(supervisor, "moonrig-guard")
  return { supervisor, guard, guard and child_of(guard, "moonrig") }
end

-- `seen`: the scratch folders at the time of the signal; DPDK's runtime folders have their names.
local function of_these(seen)
  return function(name)
    for _, scratch in ipairs(seen) do
      local tail = scratch:match "[^-]+$"
      if name:sub(-#tail) == tail then return true end
    end
  end
end

local function send(pids, which, signal)
  local argv = { "kill", "-" .. signal }
  for _, i in ipairs(which) do argv[#argv + 1] = pids[i] and tostring(pids[i]) or nil end
  if #argv > 2 then engine.here():run(argv) end
end

-- Waits until the processes that get the signal have started.
local function await_chain(tmp, console, to)
  local deadline = engine.now() + 20
  while #chain(tmp, console:pid()) < to[#to] and not console:exit() do
    if engine.now() > deadline then error("crash: no worker in 20 s", 0) end
    fail.check(engine.elapse(0.005))
  end
end

-- `moonrig clean` finds only the journals of guards that have exited.
local function await_end(tmp)
  local deadline = engine.now() + 5
  while engine.now() < deadline do
    local any = false
    for _, p in ipairs(leftovers.processes(tmp)) do any = any or p.name:find "^moonrig" ~= nil end
    if not any then return end
    fail.check(engine.elapse(0.01))
  end
end

-- True: the run passed before the signal. Raises for one that failed by itself.
local function is_missed(console)
  local exit = console:exit()
  if not exit then return false end
  if exit.code == 0 then return true end
  error(("crash: a run failed before its signal, with exit status %s:\n%s"):format(tostring(exit.code or exit.signal),
    console:tail(20)), 0)
end

-- One run, one signal after `seconds`. Returns the leftovers, and after how many seconds the last of the rest was gone;
-- nil: the signal was too late.
local function kill_one(exe, what, way, seconds, base, n)
  local tmp = ("%s/%d"):format(base, n)
  fail.check(engine.fs.mkdir(tmp, 448))
  local env = { "TMPDIR=" .. tmp }
  local console = fail.check(engine.here():spawn({ exe, "run", what, "-q", "-o", base .. "/results" },
    { name = "victim", pipes = true, env = env, grace = 60 }))
  await_chain(tmp, console, way.to)
  fail.check(engine.elapse(seconds))
  if is_missed(console) then
    console:close(5)
    engine.fs.rmtree(tmp)
    return nil
  end
  local seen = engine.fs.list(tmp) or {}
  send(chain(tmp, console:pid()), way.to, way.signal)
  if way.sweep then
    await_end(tmp)
    engine.here():run({ exe, "clean" }, { env = env })
  end
  local left, took = leftovers.await(tmp, of_these(seen))
  console:close(60)
  leftovers.kill(tmp)
  engine.fs.rmtree(tmp)
  return left, took
end

-- Repeats until `kills` signals were in time. A signal after the run's end is not counted, and shortens the longest
-- delay: a run takes another time on another machine.
local function kill_all(what, kills, longest, base, term)
  local seen = { hits = 0, bad = 0, slowest = 0, missed = 0, longest = longest }
  local exe = engine.fs.realpath "/proc/self/exe"
  while seen.hits < kills do
    local way, at = KILLS[math.random(#KILLS)], math.random() * longest
    local label = ("%d/%d %s after %.2f s"):format(seen.hits + 1, kills, way.name, at)
    term:status(label)
    local left, took = kill_one(exe, what, way, at, base, seen.hits + seen.missed)
    if left then
      seen.hits, seen.slowest = seen.hits + 1, math.max(seen.slowest, took)
    else
      seen.missed, longest, seen.longest = seen.missed + 1, at, at
    end
    if left and #left > 0 then
      seen.bad = seen.bad + 1
      term:line(label .. ": left " .. table.concat(left, ", "))
    end
  end
  return seen
end

--- args: { this file, scenario, kills, longest delay in seconds, seed }. Exit status 1 where anything was left.
function crash.main(args)
  local what, kills, longest = args[2] or "smoke/loopback", tonumber(args[3]) or 20, tonumber(args[4]) or 5
  local seed = tonumber(args[5]) or os.time()
  assert(engine.guard(paths.journal()))
  math.randomseed(seed)
  local term, base = ui.terminal(), fail.check(engine.scratch())
  local seen = kill_all(what, kills, longest, base, term)
  engine.fs.rmtree(base)
  term:line(("crash: %s, %d kills (seed %d): %d left something; the slowest was gone after %.1f s; %d were too late, "
    .. "the others within %.1f s"):format(what, kills, seed, seen.bad, seen.slowest, seen.missed, seen.longest))
  term:line(("%d passed, %d failed"):format(kills - seen.bad, seen.bad))
  return seen.bad == 0 and 0 or 1
end

return crash
