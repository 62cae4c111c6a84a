--- runner: the supervisor of a run: its cases in order or side by side, its folder, its exit status.

local attempt = require "run.attempt"
local deadline = require "run.deadline"
local dpdk_build = require "host.dpdk_build"
local dpdk_identity = require "host.dpdk_identity"
local engine = require "engine"
local fail = require "base.fail"
local formats = require "run.formats"
local pages_check = require "run.pages_check"
local paths = require "base.paths"
local programs = require "host.programs"
local retry = require "run.retry"
local run_store = require "results.run_store"
local scenario = require "case.scenario"
local schedule = require "run.schedule"
local verdicts = require "base.verdicts"
local versions = require "host.versions"

local runner = {}

local INTERRUPTED, BROKEN = 2, 3

local function refuse_folder(base, err)
  fail.raise(fail.code(err) or "EIO", "results", ("no results folder under %s: %s; choose another with -o DIR"):format(
    base, fail.what(err)))
end

--- Makes a new folder for results below `base`. Returns its id and path.
function runner.new_folder(base)
  local is_made, why = pcall(paths.make, base)
  if not is_made then refuse_folder(base, why) end
  local stamp = os.date("!%Y%m%dT%H%M%SZ")
  for n = 1, 1000 do
    local id = ("%s-%d"):format(stamp, n)
    local ok, err = engine.fs.mkdir(base .. "/" .. id)
    if ok then return id, base .. "/" .. id end
    if err.code ~= "EEXIST" then refuse_folder(base, err) end
  end
  error("no free results folder under " .. base, 0)
end

-- Nil, or an error.
local function point_latest(base, id)
  local link, part = base .. "/latest", base .. "/.latest-" .. engine.sys.pid()
  os.remove(part)
  local ok, err = engine.fs.symlink(id, part)
  if ok then ok, err = engine.fs.rename(part, link) end
  return not ok and err or nil
end

-- The versions and the host, once a run.
local function describe(run)
  if run.moonrig then return end
  local u = engine.sys.uname()
  run.moonrig, run.luajit = engine.version, jit.version
  run.kernel = u.release
  run.host = { cpus = #engine.sys.cpus(), memory = engine.sys.memory(), kernel = u.release .. " " .. u.version,
    os = (paths.read("/etc/os-release") or ""):match('PRETTY_NAME="([^"]*)"') }
end

-- While the first worker starts, the supervisor has time for the work of the run's end.
local function prepare(run)
  if run.moonrig then return end
  describe(run)
  formats.prepare()
end

-- True, with a reason in the case, after the run's deadline.
local function is_too_late(c, run, o)
  local ends = deadline.of_run(run, o)
  if not ends or engine.now() < ends then return false end
  c.interrupted = nil
  c.reason = ("not started: the run's deadline of %g s came before it"):format(o.deadline)
  return true
end

local function new_case(entry)
  local item = entry.item
  return { name = item.name, plan = item.plan, file = item.file, status = "ERROR", reason = "interrupted",
    interrupted = true, seconds = 0, number = entry.number, round = item.round, row = item.row, covers = item.covers }
end

-- Runs a case again until it does not fail, or --retry's limit. `c` is the outcome so far. Returns true where Ctrl-C
-- interrupted it.
local function run_attempts(entry, c, run, o, screen)
  local list, most = {}, 1 + (o.retry or 0)
  local function show(event) screen:event(entry.item, event) end
  while true do
    local one = new_case(entry)
    local interrupted = not is_too_late(one, run, o)
      and attempt.run(entry.item, one, run, o, show, function() prepare(run) end)
    -- an interrupted retry has no verdict
    if #list > 0 and (interrupted or not one.dir) then return interrupted end
    list[#list + 1] = one
    for key in pairs(c) do c[key] = nil end
    for key, value in pairs(retry.combine(list)) do c[key] = value end
    if interrupted or #list == most or not retry.is_again(one) then return interrupted end
    show { ev = "retry", case = one, try = #list, of = most }
  end
end

local function run_item(entry, run, o, screen)
  local c = new_case(entry)
  run.cases[#run.cases + 1] = c
  screen:start(entry.item, entry.number, entry.of)
  run.interrupted = run_attempts(entry, c, run, o, screen) or run.interrupted
  screen:finish(entry.item, c)
  run.is_over = run.is_over or run.interrupted or (o.stop_early and verdicts.of(c.status).exit ~= 0)
end

-- The cases, with schedule.weight's fields. A case that cannot be loaded has the least weight.
local function entries_of(items)
  local out = {}
  for i, item in ipairs(items) do
    out[i] = schedule.weight(scenario.case(item.file, item.row) or {})
    out[i].item, out[i].number, out[i].of = item, i, #items
  end
  return out
end

local function remove(list, value)
  for i, other in ipairs(list) do
    if other == value then return table.remove(list, i) end
  end
end

-- Each case starts others at its end, where they fit. Ctrl-C ends the waits here too, but the cases run to their ends.
local function run_side_by_side(items, run, o, screen)
  local queue, running, tasks = entries_of(items), {}, {}
  local machine = { cpus = #engine.sys.cpus(), memory = engine.sys.memory() / 2 ^ 20 }
  local function start()
    while not run.is_over do
      local place = schedule.next(queue, running, o.jobs, machine)
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
    -- Ctrl-C came between two cases, where nothing waited
    if engine.is_cancelled() then fail.cancel "run" end
    run_item({ item = item, number = i, of = #items }, run, o, screen)
    if run.is_over then break end
  end
end

-- Nil for a DPDK that is gone.
local function identity_of(place)
  local is_found, build = pcall(dpdk_build.at, place)
  return is_found and dpdk_identity.of(build) or nil
end

-- The run's last steps, also after an error: what was done so far is reported. Returns what could not be written, as an
-- array of words.
local function finish(run, ok, err)
  if not ok then
    run.interrupted = fail.is_cancel(err)
    engine.clear_cancel()
    if not run.interrupted then run.notices[#run.notices + 1] = "the run failed early: " .. tostring(err) end
  end
  run.seconds = engine.now() - run.origin
  describe(run)
  for _, case in ipairs(run.cases) do programs.complete(case) end
  local places = run.under_test or {}
  run.dpdk_build = identity_of(places.dpdk)
  run.guest_dpdk_build = places.guest_dpdk and identity_of(places.guest_dpdk)
  run.dpdk, run.qemu = programs.version(run.cases, "dpdk"), programs.version(run.cases, "qemu")
  run.guest_kernel = run.guest_kernel or run.accelerator and run.image and versions.guest_kernel(run.image) or nil
  run.interrupted, run.is_over = run.interrupted or false, nil
  return formats.write(run)
end

-- The exit status: results that are not whole are no success.
local function status_of(run, is_whole)
  if run.interrupted then return INTERRUPTED end
  local status = verdicts.worst(run.cases).exit
  return status == 0 and not is_whole and BROKEN or status
end

--- Runs scenarios (discover.scenarios'). Options: { out, timeout, deadline (of the run), ends (its moment, where it
--- is not the deadline after the start), stop_early, jobs (cases side by side: a number or "auto"), seed (of a
--- shuffled order), cold (guests boot), coverage (counters are kept), rounds (of each case), retry (how often a
--- failed case is run again), under_test, combination (results/product.lua; the first one's `of` is filled in) }.
--- `screen` (lib/report/screen.lua) gets screen:start(item, i, n), screen:event(item, event), screen:finish(item,
--- case). Returns the run and the exit status.
function runner.run(items, o, screen)
  local base, notice = o.out, nil
  pages_check.refuse(items, o.under_test)
  items = retry.rounds(items, o.rounds)
  if not base then base, notice = paths.results() end
  local id, folder = runner.new_folder(base)
  local run = { id = id, folder = folder, started = os.date("!%Y-%m-%dT%H:%M:%SZ"), origin = engine.now(),
    deadline = o.deadline, planned = #items, notices = { notice }, cases = {},
    under_test = next(o.under_test or {}) and o.under_test or nil, combination = o.combination }
  if run.combination then run.combination.of = run.combination.of or id end
  fail.check(engine.open_log(folder, folder .. "/timeline.jsonl", run.origin))
  local lock = run_store.hold(folder)
  if o.seed then
    items, run.seed = schedule.shuffle(items, o.seed), o.seed
    run.notices[#run.notices + 1] = ("the order is shuffled: --shuffle --seed %d gives it again"):format(o.seed)
  end
  local ok, err = pcall(run_all, items, run, o, screen)
  local lost = finish(run, ok, err)
  run_store.release(lock)
  local no_link = point_latest(base, id)
  if no_link then lost[#lost + 1] = fail.what(no_link) end
  for _, words in ipairs(lost) do io.stderr:write("moonrig: cannot write the results: ", words, "\n") end
  if not ok and not run.interrupted then error(err, 0) end
  return run, status_of(run, #lost == 0 and not engine.first_error())
end

return runner
