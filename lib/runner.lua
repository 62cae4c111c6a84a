--- runner: the supervisor: each case in a worker, its events shown, its result kept.

local case = require "case"
local engine = require "engine"
local fail = require "fail"
local paths = require "paths"
local report = require "report"
local select_files = require "select"
local worker = require "worker"

local runner = {}

-- On top of a case's own deadline: its teardown, and the guard's work where it hangs.
local MARGIN_SECONDS = 100

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

--- The scenario files that `words` mean: array of { file, plan, name }; nil and an error.
function runner.select(words, pattern)
  return select_files.find(words, { scripts_dir = paths.home() .. "/scripts", list_dir = list_dir,
    pattern = pattern })
end

local function new_folder(base)
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

local function first_line(argv)
  local r = engine.here():run(argv, { timeout = 10 })
  return r and r.code == 0 and r.out:match("[^\n]+") or nil
end

local function describe(run)
  local u = engine.sys.uname()
  run.moonrig, run.luajit = engine.version, jit.version
  run.kernel = u.release
  run.dpdk = first_line { "dpkg-query", "-W", "-f", "${Version}", "dpdk" } or "absent"
  run.qemu = (first_line { "qemu-system-x86_64", "--version" } or "absent"):gsub("^QEMU emulator version ", "")
  run.host = { cpus = #engine.sys.cpus(), memory = engine.sys.memory(), kernel = u.release .. " " .. u.version,
    os = (paths.read("/etc/os-release") or ""):match('PRETTY_NAME="([^"]*)"') }
end

local function start_worker(item, dir, run, o)
  local spec = { file = item.file, dir = dir, timeline = run.folder .. "/timeline.jsonl",
    origin = run.origin, id = item.plan .. "/" .. item.name, timeout = o.timeout }
  local argv = { engine.fs.realpath("/proc/self/exe"), "_worker", engine.json.encode(spec) }
  -- the guard in front of the worker ends it within 20 s of SIGTERM
  local console, err = engine.here():spawn(argv, { name = "worker-" .. item.name, pipes = true, grace = 45 })
  if not console then error(err, 0) end
  console:eof()
  return console
end

-- Reads the worker's lines until it ends. Returns its result, or nil and why there is none.
local function follow(console, seconds, show)
  local deadline, result, was_cut = engine.now() + seconds, nil, false
  while true do
    local line, err = console:expect("\n", math.max(0, deadline - engine.now()))
    if line and line:sub(1, 1) == worker.MARK then
      local event = engine.json.decode(line:sub(2))
      if event and event.ev == "done" then result = event.result end
      if event then show(event) end
    elseif line then
      show { ev = "output", text = line }
    elseif err.code == "EPIPE" then
      break
    else
      -- Ctrl-C, or a worker that is stuck: ask it to end, and listen on
      if was_cut then break end
      was_cut = err.code == "ETIMEDOUT" and "stuck" or "interrupted"
      engine.forgive()
      console:signal(was_cut == "stuck" and "TERM" or "INT")
      deadline = engine.now() + MARGIN_SECONDS
    end
  end
  local exit = console:exit()
  if not exit then exit = console:close(60) or {} end
  if result then return result, nil, was_cut end
  local how = exit.signal and ("signal " .. exit.signal) or ("exit status " .. tostring(exit.code))
  local why = was_cut == "stuck" and "the worker was stuck and was ended"
    or "the worker ended without a verdict, " .. how
  return nil, why, was_cut
end

local function run_one(item, run, o, show)
  local dir = ("%s/%s.%s"):format(run.folder, item.plan, item.name)
  paths.make(dir)
  local header, why = case.load(item.file)
  local c = { name = item.name, plan = item.plan, file = item.file, title = header and header.name or nil }
  if not header then
    c.status, c.reason, c.seconds = "ERROR", why, 0
    return c
  end
  local timeout = (o.timeout or header.timeout) + MARGIN_SECONDS
  local since = engine.now()
  local console = start_worker(item, dir, run, o)
  local result, lost, cut = follow(console, timeout, show)
  for key, value in pairs(result or { status = "ERROR", reason = lost }) do c[key] = value end
  c.title, c.dir = header.name, dir
  c.seconds = engine.now() - since
  if c.accelerator then run.accelerator = c.accelerator end
  return c, cut == "interrupted"
end

local function exit_status(run)
  local totals = report.totals(run)
  if run.interrupted then return 2 end
  if totals.ERROR > 0 then return 3 end
  if totals.FAIL + totals.XPASS > 0 then return 1 end
  return 0
end

local function save(run)
  paths.write(run.folder .. "/results.json", report.results(run))
  paths.write(run.folder .. "/junit.xml", report.junit(run))
end

--- Runs scenario files (runner.select's). Options: { out, timeout, stop_early }; `ui` is told:
--- ui.start(item, i, n), ui.event(item, event), ui.finish(item, case). Returns the run and the exit
--- status.
function runner.run(items, o, ui)
  local base, notice = o.out, nil
  if not base then base, notice = paths.results() end
  local id, folder = new_folder(base)
  local run = { id = id, folder = folder, started = os.date("!%Y-%m-%dT%H:%M:%SZ"), origin = engine.now(),
    notices = { notice }, cases = {} }
  fail.check(engine.record(folder, folder .. "/timeline.jsonl", run.origin))
  describe(run)
  for i, item in ipairs(items) do
    ui.start(item, i, #items)
    local c, interrupted = run_one(item, run, o, function(event) ui.event(item, event) end)
    run.cases[#run.cases + 1] = c
    ui.finish(item, c)
    run.interrupted = run.interrupted or interrupted
    if interrupted or (o.stop_early and (c.status == "FAIL" or c.status == "ERROR")) then break end
  end
  run.seconds = engine.now() - run.origin
  save(run)
  point_latest(base, id)
  return run, exit_status(run)
end

return runner
