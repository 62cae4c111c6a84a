--- crash: real runs, killed at random moments; what they leave is counted.

local engine = require "engine"
local paths = require "base.paths"
local fail = require "base.fail"
local leftovers = require "host.leftovers"
local ui = require "report.ui"

local crash = {}

-- Whom a blow hits: `self` is the supervisor, then its guard, then the worker.
local BLOWS = {
  { name = "SIGKILL of the worker", signal = "KILL", to = { 3 } },
  { name = "SIGKILL of the guard", signal = "KILL", to = { 2 } },
  { name = "SIGKILL of the supervisor", signal = "KILL", to = { 1 } },
  { name = "SIGKILL of all three", signal = "KILL", to = { 1, 2, 3 }, sweep = true },
  { name = "SIGINT", signal = "INT", to = { 1 } },
  { name = "SIGTERM", signal = "TERM", to = { 1 } },
  { name = "SIGHUP", signal = "HUP", to = { 1 } },
}

-- The supervisor's pid, its guard's and its worker's, as far as they are there yet. A guard bears its
-- name: what else the supervisor starts (dpkg-query) is "moonrig", too, until it has become itself.
local function chain(tmp, supervisor)
  local function child_of(parent, name)
    for _, p in ipairs(leftovers.processes(tmp)) do
      if p.parent == parent and p.name == name then return p.pid end
    end
  end
  local guard = child_of(supervisor, "moonrig-guard")
  return { supervisor, guard, guard and child_of(guard, "moonrig") }
end

-- `seen`: the scratch folders that were there at the blow; DPDK's runtime folders bear their names.
local function of_these(seen)
  return function(name)
    for _, scratch in ipairs(seen) do
      local tail = scratch:match "[^-]+$"
      if name:sub(-#tail) == tail then return true end
    end
  end
end

local function kill(pids, which, signal)
  local argv = { "kill", "-" .. signal }
  for _, i in ipairs(which) do argv[#argv + 1] = pids[i] and tostring(pids[i]) or nil end
  if #argv > 2 then engine.here():run(argv) end
end

-- Waits until those that are to be hit are there: a blow that hits nobody is none.
local function await_chain(tmp, console, to)
  local deadline = engine.now() + 20
  while #chain(tmp, console:pid()) < to[#to] and not console:exit() do
    if engine.now() > deadline then error("crash: the run started no worker in 20 s", 0) end
    fail.check(engine.elapse(0.005))
  end
end

-- A sweep finds the journal of a guard that has ended, not of one that is about to.
local function await_end(tmp)
  local deadline = engine.now() + 5
  while engine.now() < deadline do
    local any = false
    for _, p in ipairs(leftovers.processes(tmp)) do any = any or p.name:find "^moonrig" ~= nil end
    if not any then return end
    fail.check(engine.elapse(0.01))
  end
end

-- A run that has ended by itself cannot be hit: true. One that failed by itself proves nothing at all.
local function is_missed(console)
  local exit = console:exit()
  if not exit then return false end
  if exit.code == 0 then return true end
  error(("crash: a run that nobody hit ended with exit status %s:\n%s"):format(tostring(exit.code or exit.signal),
    console:tail(20)), 0)
end

-- One run, one blow after `seconds`. Returns what is left, and how long the rest took; nil where the blow
-- came too late.
local function strike(exe, what, blow, seconds, base, n)
  local tmp = ("%s/%d"):format(base, n)
  fail.check(engine.fs.mkdir(tmp, 448))
  local env = { "TMPDIR=" .. tmp }
  local console = fail.check(engine.here():spawn({ exe, "run", what, "-q", "-o", base .. "/results" },
    { name = "victim", pipes = true, env = env, grace = 60 }))
  await_chain(tmp, console, blow.to)
  fail.check(engine.elapse(seconds))
  if is_missed(console) then
    console:close(5)
    engine.fs.rmtree(tmp)
    return nil
  end
  local seen = engine.fs.list(tmp) or {}
  kill(chain(tmp, console:pid()), blow.to, blow.signal)
  if blow.sweep then
    await_end(tmp)
    engine.here():run({ exe, "clean" }, { env = env })
  end
  local left, took = leftovers.await(tmp, of_these(seen))
  console:close(60)
  leftovers.kill(tmp)
  engine.fs.rmtree(tmp)
  return left, took
end

-- Blows until so many have hit. A run that ended before its blow is not counted, and later blows come no later than
-- that one would have: a run on another machine is shorter or longer.
local function strike_all(what, kills, longest, base, term)
  local seen = { hits = 0, bad = 0, slowest = 0, missed = 0, longest = longest }
  local exe = engine.fs.realpath "/proc/self/exe"
  while seen.hits < kills do
    local blow, at = BLOWS[math.random(#BLOWS)], math.random() * longest
    local label = ("%d/%d %s after %.2f s"):format(seen.hits + 1, kills, blow.name, at)
    term:status(label)
    local left, took = strike(exe, what, blow, at, base, seen.hits + seen.missed)
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

--- The verb. args: { "_crash", scenario, kills, longest moment in seconds, seed }. Exit status 1 where
--- anything was left.
function crash.main(args)
  local what, kills, longest = args[2] or "smoke/loopback", tonumber(args[3]) or 20, tonumber(args[4]) or 5
  local seed = tonumber(args[5]) or os.time()
  assert(engine.guard(paths.journal()))
  math.randomseed(seed)
  local term, base = ui.terminal(), fail.check(engine.scratch())
  local seen = strike_all(what, kills, longest, base, term)
  engine.fs.rmtree(base)
  term:line(("crash: %s, %d kills (seed %d): %d left something; the slowest was gone after %.1f s; %d came too late, "
    .. "the others within %.1f s"):format(what, kills, seed, seen.bad, seen.slowest, seen.missed, seen.longest))
  term:line(("%d passed, %d failed"):format(kills - seen.bad, seen.bad))
  return seen.bad == 0 and 0 or 1
end

return crash
