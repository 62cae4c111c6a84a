--- trial: runs `moonrig run` once with one fault injected, and collects the results.

local engine = require "engine"
local fail = require "base.fail"
local leftovers = require "host.leftovers"
local paths = require "base.paths"
local rooms = require "base.rooms"
local under_test = require "host.under_test"

local trial = {}

-- Seconds for a case (default), and for the rest of its run: start, teardown, kills.
local CASE_SECONDS = { here = 90, vm = 150 }
local MARGIN_SECONDS = 60

-- Seconds for a run to end after SIGTERM.
local TEARDOWN_SECONDS = 90

--- The longest time of a trial: the case, its run, its end, a search for leftovers.
trial.LONGEST_SECONDS = CASE_SECONDS.vm + MARGIN_SECONDS + 2 * TEARDOWN_SECONDS

local FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

-- The shim: beside this program, or where it was installed.
local function shim()
  local exe = engine.fs.realpath "/proc/self/exe"
  local folder = exe:match "^(.*)/"
  for _, path in ipairs { folder .. "/shim", folder .. "/../lib/moonrig/shim" } do
    if engine.fs.access(path, "x") then return engine.fs.realpath(path) end
  end
  fail.raise("ENOENT", "sabotage", "no program \"shim\" beside " .. exe .. ": run `make`")
end

local function real_program(name)
  return under_test.program("sabotage", name) or paths.program(name)
end

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Writes a program of the same name that runs the real one behind the shim.
local function write_front(fault, folder)
  local here = rooms.FOLDER .. "sabotage/"
  local words = { shim(), here .. "relay.lua", here .. "faults.lua", fault.name, real_program(fault.program) }
  for i, word in ipairs(words) do words[i] = quoted(word) end
  local file = ("%s/%s"):format(folder, fault.program)
  local mark = quoted(folder .. "/..")
  paths.write(file, ("#!/bin/sh\nMOONRIG_SHIM_MARKS=%s exec %s \"$@\"\n"):format(mark, table.concat(words, " ")), 493)
end

-- A fault's scenario: a name, or a file of the source tree.
local function scenario_of(fault)
  return fault.run and fault.run:find "%.lua$" and ("%s/%s"):format(engine.home(), fault.run) or fault.run
end

-- The need of a fault that is missing here, in words; nil: there is none.
local function lacking(fault)
  local what = scenario_of(fault)
  if what and what:find "%.lua$" and not engine.fs.stat(what) then return ("there is no file %s"):format(what) end
  if fault.is_clock and not engine.fs.stat(FAKETIME) then
    return "libfaketime is missing: install Debian's package libfaketime"
  end
  if fault.disk and engine.here():run({ "unshare", "--mount", "true" }).code ~= 0 then
    return "a small disk needs a mount namespace, which cannot be made here"
  end
end

-- Makes the run's time of day jump, a day ahead and an hour back, until its task is cancelled.
local function jumping_clock(folder, env)
  local file = folder .. "/clock"
  paths.write(file, "+0\n")
  for _, word in ipairs { "LD_PRELOAD=" .. FAKETIME, "FAKETIME_TIMESTAMP_FILE=" .. file, "FAKETIME_NO_CACHE=1",
    "DONT_FAKE_MONOTONIC=1" } do env[#env + 1] = word end
  return engine.task(function()
    for i = 1, math.huge do
      fail.check(engine.elapse(0.1))
      paths.write(file, (i % 2 == 0 and "+86400" or "-3600") .. "\n")
    end
  end)
end

local function command(fault, folder, seconds)
  local exe, what = engine.fs.realpath "/proc/self/exe", scenario_of(fault)
  if fault.scenario then
    what = folder .. "/scenario.lua"
    paths.write(what, fault.scenario)
  end
  local argv = { exe, "run", what, "-o", folder .. "/out", "--timeout", tostring(seconds) }
  -- the fault is injected at the guest's ready line, which only a boot prints
  if fault.is_vm and not fault.is_restored then argv[#argv + 1] = "--cold" end
  if fault.disk then
    local mount = ('mount -t tmpfs -o size=%s none "$0" && exec "$@"'):format(fault.disk)
    local before = { "unshare", "--mount", "sh", "-c", mount, folder .. "/out" }
    for i, word in ipairs(before) do table.insert(argv, i, word) end
  end
  return argv
end

-- The file prefixes of the run's DPDK processes, which name their runtime folders.
local function prefixes(folder)
  local out = {}
  local text = paths.read(folder .. "/out/latest/timeline.jsonl") or ""
  for prefix in text:gmatch "%-%-file%-prefix=([%w_%-]+)" do out[prefix] = true end
  return out
end

-- The status and reason: from results.json; without one, from the exit status and the output.
local function verdict(folder, exit, output)
  local results = paths.read_table(folder .. "/out/latest/results.json")
  local case = results and results.cases and results.cases[1]
  if case then return case.status, tostring(case.reason or "") end
  return exit.code == 0 and "PASS" or "ERROR", output
end

local function run(fault, folder)
  local seconds = fault.timeout or CASE_SECONDS[fault.is_vm and "vm" or "here"]
  local limit = seconds + MARGIN_SECONDS
  local tmp = folder .. "/tmp"
  local env = { "TMPDIR=" .. tmp, ("MOONRIG_SNAPSHOTS=%s/snapshots"):format(folder),
    ("PATH=%s/bin:%s"):format(folder, os.getenv "PATH" or "/usr/bin:/bin") }
  local clock = fault.is_clock and jumping_clock(folder, env)
  -- `grace`: an interrupted run needs time to end its own processes
  local console = engine.here():spawn(command(fault, folder, seconds), { name = fault.name, pipes = true, env = env,
    grace = TEARDOWN_SECONDS })
  local exit, err = fail.try(console.await_exit, console, limit)
  if clock then clock:cancel() end
  if not exit and err.code ~= "ETIMEDOUT" then error(err, 0) end
  local seen = { is_hung = exit == nil, limit = limit, code = exit and exit.code }
  if exit then seen.status, seen.reason = verdict(folder, exit, console:tail(20)) end
  pcall(console.close, console, TEARDOWN_SECONDS)
  local ours = prefixes(folder)
  if fault.program then
    seen.fired, seen.shim_error = engine.fs.stat(folder .. "/fired") ~= nil, paths.read(folder .. "/shim_error")
  end
  seen.left = leftovers.await(tmp, function(name) return ours[name] end)
  leftovers.kill(tmp)
  return seen
end

--- Runs the fault's scenario with the fault injected; all files are in `folder`. Returns `seen` for judge.problem, with
--- `seconds`; or nil and the reason why this fault cannot be injected here.
function trial.run(fault, folder)
  local why = lacking(fault)
  if why then return nil, why end
  for _, name in ipairs { "bin", "tmp", "out" } do paths.make(("%s/%s"):format(folder, name), 448) end
  if fault.program then write_front(fault, folder .. "/bin") end
  local since = engine.now()
  local seen = run(fault, folder)
  seen.seconds = engine.now() - since
  return seen
end

return trial
