--- kvm: `make kvm`: runs test/kvm/steps.sh in an emulated machine whose KVM works, and prints a line for each step. Its
--- arguments are the steps (default: all).

local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"
local machine = require "kvm.machine"
local paths = require "base.paths"
local script = require "host.script"
local ui = require "report.ui"

local kvm = {}

-- "device" is there for itself: make test
local STEPS = { "doctor", "setup", "smoke", "hotplug", "symmetric", "snapshot" }

-- For each line of the machine's, which prints "alive" every 30 s of its own.
local LINE_SECONDS = 300

-- Of the machine, and of its kernel, where it ended before its steps.
local LAST = 40

local function next_line(console)
  local text, err = fail.try(console.expect, console, "\n", { timeout = LINE_SECONDS, from = "last" })
  if fail.is_cancel(err) then error(err, 0) end
  return text and text:gsub("\r", ""), err
end

-- Calls on_line(line) until the steps are done: true; or nil and why they are not.
local function follow(console, on_line)
  while true do
    local line, err = next_line(console)
    if not line then
      return nil, err.code == "ETIMEDOUT" and ("the machine printed nothing for %d s"):format(LINE_SECONDS)
        or "the machine ended before its steps"
    end
    on_line(line)
    if line == "steps done" then return true end
  end
end

-- { [step] = "PASS" or "FAIL" }, and why it is not all.
local function run_steps(console, log, term)
  local verdicts, since = {}, engine.now()
  local _, why = follow(console, function(line)
    if line ~= "alive" then log:write(line, "\n") end
    local step, verdict = line:match "^verdict (%S+) (%u+) %d+$"
    if not step then return end
    verdicts[step] = verdict
    term:line(("%s  %s (%.0f s)"):format(verdict, step, engine.now() - since))
    since = engine.now()
  end)
  -- it powers off
  if not why then fail.try(console.await_exit, console, 120) end
  return verdicts, why
end

local function last_of(path) return lines.last(paths.read(path) or "", LAST) end

-- False where the machine ended before, or as it wrote them.
local function unpack_results(work, out)
  -- the archive's end is before the disk's
  local here = engine.here()
  local tar = fail.try(here.run, here, { "tar", "-xf", work .. "/results.tar", "-C", out }, { timeout = 120 })
  return tar and tar.code == 0
end

-- Exit status: 0 where all steps passed, 1 where one failed, 3 where the machine did.
local function report(steps, verdicts, why, out, term)
  local passed = 0
  for _, step in ipairs(steps) do passed = passed + (verdicts[step] == "PASS" and 1 or 0) end
  if why then
    term:line("kvm: " .. why .. "; its last lines:\n" .. last_of(out .. "/console.log"))
    term:line("kvm: the last lines of its kernel:\n" .. last_of(out .. "/kernel.log"))
  end
  term:line("results: " .. out)
  term:line(("%d passed, %d failed"):format(passed, #steps - passed))
  return why and 3 or passed == #steps and 0 or 1
end

local function run(steps, work, out, term)
  local folder = machine.folder(function() term:line "kvm: building the machine: about 2 minutes" end)
  machine.disks(folder, work, steps)
  local log = assert(io.open(out .. "/console.log", "w"))
  log:setvbuf "line"
  local console = machine.start(folder, work)
  local verdicts, why = run_steps(console, log, term)
  if why then log:write(machine.registers(work), "\n") end
  console:close(10)
  log:close()
  script.command { "cp", work .. "/kernel.log", out }
  if unpack_results(work, out) then machine.keep(folder, out) end
  return verdicts, why
end

local function run_and_report(steps, out, term)
  local work = fail.check(engine.scratch())
  local verdicts, why = run(steps, work, out, term)
  engine.fs.rmtree(work)
  return report(steps, verdicts, why, out, term)
end

-- Exit status 2: interrupted. The guard ends the machine, and removes its work folder.
function kvm.main(args)
  assert(engine.guard(paths.journal()))
  local out = paths.make(("%s/build/kvm/%s"):format(engine.home(), os.date "!%Y%m%dT%H%M%SZ"))
  local steps = #args > 1 and { unpack(args, 2) } or STEPS
  local ok, status = pcall(run_and_report, steps, out, ui.terminal())
  if ok then return status end
  if not fail.is_cancel(status) then error(status, 0) end
  engine.clear_cancel()
  print "kvm: interrupted"
  return 2
end

return kvm
