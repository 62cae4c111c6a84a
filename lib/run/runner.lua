--- runner: the supervisor: each case in a worker, its events shown, its result kept.

local ending = require "base.ending"
local deadline = require "run.deadline"
local engine = require "engine"
local fail = require "base.fail"
local follow = require "run.follow"
local formats = require "run.formats"
local run_store = require "results.run_store"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local scenario = require "case.scenario"
local schedule = require "run.schedule"
local select_files = require "run.discover"
local retry = require "run.retry"
local verdicts = require "base.verdicts"
local versions = require "host.versions"

local runner = {}

local INTERRUPTED = 2

-- A guard's exit status where SIGKILL did not end its worker (engine/core/guard.h).
local UNKILLABLE = 125

local function list_dir(path)
  local names, err = engine.fs.list(path)
  if not names then return nil, err.what end
  local out = {}
  for i, name in ipairs(names) do
    local st = engine.fs.stat(path .. "/" .. name)
    out[i] = { name = name, dir = st ~= nil and st.type == "dir" }
  end
  return out
end

--- The scenario files that `words` mean: array of { file, plan, name }; nil and an error. `every`: without words
--- those of all folders.
function runner.select(words, pattern, every)
  return select_files.find(words, { scripts_dirs = paths.scripts(), list_dir = list_dir,
    realpath = engine.fs.realpath, modules_of = own_modules.of, pattern = pattern, every = every })
end

--- A new folder for results below `base`: its id, its path.
function runner.new_folder(base)
  paths.make(base)
  local stamp = os.date("!%Y%m%dT%H%M%SZ")
  for n = 1, 1000 do
    local id = ("%s-%d"):format(stamp, n)
    local ok, err = engine.fs.mkdir(base .. "/" .. id)
    if ok then return id, base .. "/" .. id end
    if err.code ~= "EEXIST" then
      fail.raise(err.code, "results", ("no results folder under %s: %s; choose another with -o DIR"):format(
        base, err.what))
    end
  end
  error("no free results folder under " .. base, 0)
end

local function point_latest(base, id)
  local link, part = base .. "/latest", base .. "/.latest-" .. engine.sys.pid()
  os.remove(part)
  if engine.fs.symlink(id, part) then engine.fs.rename(part, link) end
end

-- What was run with; looked up once.
local function describe(run)
  if run.moonrig then return end
  local u = engine.sys.uname()
  run.moonrig, run.luajit = engine.version, jit.version
  run.kernel = u.release
  run.dpdk, run.qemu = versions.dpdk(), versions.qemu()
  run.host = { cpus = #engine.sys.cpus(), memory = engine.sys.memory(), kernel = u.release .. " " .. u.version,
    os = (paths.read("/etc/os-release") or ""):match('PRETTY_NAME="([^"]*)"') }
end

-- While a worker starts, there is nothing to hear of it: what the run's end takes is made ready, once a run.
local function prepare(run)
  if run.moonrig then return end
  describe(run)
  formats.prepare()
end

-- This program, by its name: a new one in its place, built while we watch, is what the next case runs in.
local exe = engine.fs.realpath "/proc/self/exe"

local function start_worker(item, spec)
  local argv = { exe, "_worker", engine.json.encode(spec) }
  -- the guard in front of the worker ends it within 4 s of SIGTERM
  local console, err = engine.here():spawn(argv,
    { name = "worker-" .. item.name, pipes = true, guarded = true, grace = 45 })
  if not console then error(err, 0) end
  console:eof()
  return console
end

local function how_it_ended(exit, stuck)
  local how = "with " .. ending.of_status(exit.code)
  if exit.signal then how = "for its guard ended with " .. exit.signal end
  if exit.code == UNKILLABLE then how = "SIGKILL does not end its worker, which is left to the kernel" end
  if stuck then return stuck .. "; " .. (exit.code == UNKILLABLE and how or "its worker was killed") end
  return "the worker ended without a verdict, " .. how
end

-- The result that a worker left; nil and why there is none. One that ended badly has none, whatever it
-- wrote.
local function result_of(dir, exit, stuck)
  if exit.code == 0 then
    local result = engine.json.decode(paths.read(dir .. "/result.json") or "")
    if type(result) == "table" and type(result.status) == "string" then return result end
  end
  return nil, how_it_ended(exit, stuck)
end

-- A folder for a case; two of one name (tries, rounds, files from two places) get two. Second value: the name of one
-- that is not the first, by which its events are told from the others'.
local function case_folder(run, item)
  local dir = ("%s/%s.%s"):format(run.folder, item.plan, item.name)
  local unique, n = dir, 2
  while engine.fs.stat(unique) do unique, n = dir .. "-" .. n, n + 1 end
  return paths.make(unique), unique ~= dir and unique:match "[^/]+$" or nil
end

-- What the worker told before it died, for when it left no result.
local function remembering(c, show)
  c.checks, c.phases, c.notices = {}, {}, {}
  return function(event)
    if event.ev == "check" then c.checks[#c.checks + 1] = { what = event.what, ok = event.ok } end
    if event.ev == "phase" then c.phases[#c.phases + 1] = { name = event.name } end
    if event.ev == "notice" then c.notices[#c.notices + 1] = event.text end
    show(event)
  end
end

-- Fills in `c`, a case that is there already, whatever happens here.
local function run_one(item, c, run, o, show)
  local dir, another = case_folder(run, item)
  show { ev = "folder", dir = dir }
  local header, why = scenario.load(item.file)
  if not header then
    c.reason, c.interrupted = why, nil
    return
  end
  local spec = { file = item.file, dir = dir, timeline = run.folder .. "/timeline.jsonl",
    origin = run.origin, id = item.plan .. "/" .. item.name, folder = another, timeout = o.timeout,
    deadline = o.deadline and run.origin + o.deadline, run_seconds = o.deadline, cold = o.cold, run = run.id,
    attach = o.attach }
  local since = engine.now()
  local console = start_worker(item, spec)
  prepare(run)
  local exit, stuck, interrupted = follow.worker(console, dir,
    function(at) return deadline.of(header, spec, at) end, remembering(c, show))
  -- a guard that was killed undoes nothing, and its worker may go on
  if not exit.code then engine.sweep(paths.journal()) end
  local result, lost = result_of(dir, exit, stuck)
  local is_cut = not result and interrupted and not stuck
  c.reason, c.interrupted = nil, nil
  for key, value in pairs(result or { status = "ERROR", reason = is_cut and "interrupted" or lost,
    interrupted = is_cut or nil }) do c[key] = value end
  c.title, c.dir = header.name, dir
  -- a person's time is not the case's
  c.seconds = engine.now() - since - (c.paused or 0)
  run.accelerator, run.image = c.accelerator or run.accelerator, c.image or run.image
  return interrupted
end

local function exit_status(run)
  return run.interrupted and INTERRUPTED or verdicts.worst(run.cases).exit
end

-- True, and the case's reason, once the run has no time left for another.
local function is_too_late(c, run, o)
  if not o.deadline or engine.now() < run.origin + o.deadline then return false end
  c.interrupted = nil
  c.reason = ("not started: the run's deadline of %g s came before it"):format(o.deadline)
  return true
end

local function is_last(run, c, o)
  return run.interrupted or (o.stop_early and verdicts.of(c.status).exit ~= 0)
end

local function new_case(entry)
  local item = entry.item
  return { name = item.name, plan = item.plan, file = item.file, status = "ERROR", reason = "interrupted",
    interrupted = true, seconds = 0, number = entry.number, round = item.round }
end

local function replace(c, by)
  for key in pairs(c) do c[key] = nil end
  for key, value in pairs(by) do c[key] = value end
end

-- One try. Second value: was it interrupted?
local function try(entry, run, o, screen)
  local c = new_case(entry)
  local interrupted = not is_too_late(c, run, o)
    and run_one(entry.item, c, run, o, function(event) screen:event(entry.item, event) end)
  return c, interrupted
end

-- Its tries until one does not fail, or there are no more to be; in `c` what they come to so far.
local function try_on(entry, c, run, o, screen)
  local list, most = {}, 1 + (o.retry or 0)
  while true do
    local one, interrupted = try(entry, run, o, screen)
    -- a retry that was cut says nothing
    if #list > 0 and (interrupted or not one.dir) then return interrupted end
    list[#list + 1] = one
    replace(c, retry.settle(list))
    if interrupted or #list == most or not retry.is_again(one) then return interrupted end
    screen:event(entry.item, { ev = "retry", case = one, try = #list, of = most })
  end
end

-- One case, from its start to its verdict.
local function run_item(entry, run, o, screen)
  local c = new_case(entry)
  run.cases[#run.cases + 1] = c
  screen:start(entry.item, entry.number, entry.of)
  local interrupted = try_on(entry, c, run, o, screen)
  screen:finish(entry.item, c)
  run.interrupted = run.interrupted or interrupted
  run.is_over = run.is_over or is_last(run, c, o)
end

-- What each case takes of the machine; one that cannot be loaded takes nothing.
local function entries_of(items)
  local out = {}
  for i, item in ipairs(items) do
    out[i] = { item = item, number = i, of = #items, weight = schedule.weight(scenario.load(item.file) or {}) }
  end
  return out
end

local function weights(entries)
  local out = {}
  for i, entry in ipairs(entries) do out[i] = entry.weight end
  return out
end

local function remove(list, value)
  for i, other in ipairs(list) do
    if other == value then return table.remove(list, i) end
  end
end

-- Cases side by side: each, at its end, starts what fits then. Ctrl-C ends all waits, ours too: the cases go on
-- to their ends.
local function run_side_by_side(items, run, o, screen)
  local queue, running, tasks = entries_of(items), {}, {}
  local machine = { cpus = #engine.sys.cpus(), memory = engine.sys.memory() / 2 ^ 20 }
  local function start()
    while not run.is_over do
      local place = schedule.next(weights(queue), weights(running), o.jobs, machine)
      if not place then return end
      local entry = table.remove(queue, place)
      running[#running + 1] = entry
      tasks[#tasks + 1] = engine.task(function()
        run_item(entry, run, o, screen)
        remove(running, entry)
        start()
      end)
    end
  end
  start()
  local i = 1
  while tasks[i] do
    local outcome = tasks[i]:join(1e6)
    if not outcome then engine.clear_cancel() end
    if outcome and not outcome[1] then error(outcome[2], 0) end
    if outcome then i = i + 1 end
  end
  table.sort(run.cases, function(a, b) return a.number < b.number end)
end

local function run_all(items, run, o, screen)
  if o.jobs and o.jobs ~= 1 then return run_side_by_side(items, run, o, screen) end
  for i, item in ipairs(items) do
    -- called off between two cases, where nothing waited
    if engine.is_cancelled() then fail.cancel "run" end
    run_item({ item = item, number = i, of = #items }, run, o, screen)
    if run.is_over then break end
  end
end

--- Runs scenario files (runner.select's). Options: { out, timeout, deadline (of the run), stop_early, jobs (cases
--- side by side: a number or "auto"), seed (an order of its own), cold (guests are booted, not restored), rounds (of
--- each case), retry (how often what failed is tried again) };
--- `screen` (lib/report/screen.lua) gets:
--- screen:start(item, i, n), screen:event(item, event), screen:finish(item, case). Returns the run and the exit
--- status.
function runner.run(items, o, screen)
  local base, notice = o.out, nil
  items = retry.rounds(items, o.rounds)
  if not base then base, notice = paths.results() end
  local id, folder = runner.new_folder(base)
  local run = { id = id, folder = folder, started = os.date("!%Y-%m-%dT%H:%M:%SZ"), origin = engine.now(),
    deadline = o.deadline, planned = #items, notices = { notice }, cases = {} }
  fail.check(engine.open_log(folder, folder .. "/timeline.jsonl", run.origin))
  local lock = run_store.hold(folder)
  if o.seed then
    items, run.seed = schedule.shuffle(items, o.seed), o.seed
    run.notices[#run.notices + 1] = ("the order is shuffled: --shuffle --seed %d gives it again"):format(o.seed)
  end
  local ok, err = pcall(run_all, items, run, o, screen)
  if not ok then
    -- what was done so far is kept, whatever ended it
    run.interrupted = fail.is_cancel(err)
    engine.clear_cancel()
    if not run.interrupted then run.notices[#run.notices + 1] = "the run broke off: " .. tostring(err) end
  end
  run.seconds = engine.now() - run.origin
  describe(run)
  -- of what a guest ran, and not of the example programs that came with it
  run.guest_kernel = run.accelerator and run.image and versions.guest_kernel(run.image) or nil
  run.interrupted, run.is_over = run.interrupted or false, nil
  formats.write(run)
  run_store.release(lock)
  point_latest(base, id)
  if not ok and not run.interrupted then error(err, 0) end
  return run, exit_status(run)
end

return runner
