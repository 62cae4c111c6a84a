--- attempt: a case that is run once, by a worker process: its folder, its events, its result.

local deadline = require "run.deadline"
local debian = require "host.debian"
local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local follow = require "run.follow"
local json = require "base.json"
local mix = require "host.mix"
local paths = require "base.paths"
local run_folder = require "results.run_folder"
local scenario = require "case.scenario"

local attempt = {}

-- A guard's exit status where SIGKILL did not end its worker (engine/guard/guard.h).
local UNKILLABLE = 125
-- A worker's that could not start, or failed outside of its case (engine/main.c).
local BROKEN = 3

-- `moonrig watch` runs the next case in a program that was built meanwhile: the path stays, the file is new.
local exe = engine.fs.realpath "/proc/self/exe"

local function start_worker(item, spec, journal)
  local argv = { exe, "_worker", journal, json.exact(spec) }
  -- the worker's guard ends it within 4 s of SIGTERM
  local console = engine.here():spawn(argv,
    { name = "worker-" .. run_folder.name_of(item):sub(#item.plan + 2), pipes = true, guarded = true, grace = 45 })
  console:eof()
  return console
end

-- `words`: the worker's own, of what went wrong (engine/main.c), or nil.
local function how_it_ended(exit, stuck, words)
  local how = "with " .. ending.of_status(exit.code)
  if exit.signal then how = "for its guard ended with " .. exit.signal end
  if exit.code == UNKILLABLE then how = "SIGKILL does not end its worker, which is left to the kernel" end
  if stuck then return stuck .. "; " .. (exit.code == UNKILLABLE and how or "its worker was killed") end
  if words and exit.code == BROKEN then return ("%s (the worker ended %s)"):format(words, how) end
  return "the worker ended without a verdict, " .. how
end

-- The result of a worker that exited with 0; nil and the reason without one. `seen`: what following() has of it.
local function result_of(dir, exit, stuck, seen)
  if exit.code == 0 then
    local result = paths.read_table(dir .. "/result.json")
    if result and type(result.status) == "string" then return result end
    if seen.verdict then return seen.verdict end
  end
  return nil, how_it_ended(exit, stuck, seen.words)
end

-- A new folder for a case. Second value: its name, where another attempt or round has the case's own name.
local function case_folder(run, item)
  local dir = ("%s/%s"):format(run.folder, run_folder.name_of(item))
  local unique, n = dir, 2
  while engine.fs.stat(unique) do unique, n = dir .. "-" .. n, n + 1 end
  local name = unique:match "[^/]+$"
  return paths.make(unique), name ~= ("%s.%s"):format(item.plan, item.name) and name or nil
end

-- Keeps the events in `c`, for a worker that leaves no result; and in `seen` its verdict, and its words about an error.
local function following(c, seen, show)
  c.checks, c.phases, c.notices = {}, {}, {}
  return function(event)
    if event.ev == "verdict" then seen.verdict = event.result end
    if event.ev == "output" then seen.words = event.text:match "^moonrig: (.+)$" or seen.words end
    if event.ev == "check" then c.checks[#c.checks + 1] = { what = event.what, ok = event.ok } end
    if event.ev == "phase" then c.phases[#c.phases + 1] = { name = event.name } end
    if event.ev == "notice" then c.notices[#c.notices + 1] = event.text end
    show(event)
  end
end

local function run_worker(item, c, run, o, show, on_started)
  local dir, folder = case_folder(run, item)
  show { ev = "folder", dir = dir }
  local header, why = scenario.case(item.file, item.row)
  if not header then
    c.reason, c.interrupted = why, nil
    return
  end
  local journal = paths.journal()
  local spec = { file = item.file, row = item.row, cell = item.cell, dir = dir,
    timeline = run.folder .. "/timeline.jsonl", origin = run.origin, id = item.plan .. "/" .. item.name,
    folder = folder, timeout = o.timeout, run_seconds = o.deadline,
    deadline = deadline.of_run(run, o), stopped = engine.stopped(),
    cold = o.cold, coverage = o.coverage, run = run.id, attach = o.attach, under_test = o.under_test,
    trees = next(debian.found()) and debian.found() or nil }
  local since, seen = engine.now(), {}
  local console = start_worker(item, spec, journal)
  on_started()
  local exit, stuck, interrupted = follow.worker(console, dir,
    function(at) return deadline.of(header, spec, at) end, following(c, seen, show))
  -- after a killed guard the worker may still run: undo from here
  if not exit.code then engine.sweep(journal) end
  local result, lost = result_of(dir, exit, stuck, seen)
  local is_cut = not result and interrupted and not stuck
  c.reason, c.interrupted = nil, nil
  for key, value in pairs(result or { status = "ERROR", reason = is_cut and "interrupted" or lost,
    interrupted = is_cut or nil }) do c[key] = value end
  c.title, c.dir, c.mix = header.name, dir, mix.of(c, o.under_test)
  -- a supervisor may have been stopped without its worker
  c.seconds = math.max(engine.now() - since - (c.paused or 0), result and result.seconds or 0)
  run.accelerator, run.image = c.accelerator or run.accelerator, c.image or run.image
  run.guest_kernel = c.guest_kernel or run.guest_kernel
  return interrupted
end

--- Runs a case and fills in `c`, whose fields hold for any early end. on_started() uses the time of the worker's start.
--- Returns true where Ctrl-C interrupted it.
function attempt.run(item, c, ...)
  local ok, interrupted = pcall(run_worker, item, c, ...)
  if ok then return interrupted end
  if fail.is_cancel(interrupted) then error(interrupted, 0) end
  c.reason, c.interrupted = tostring(interrupted), nil
end

return attempt
