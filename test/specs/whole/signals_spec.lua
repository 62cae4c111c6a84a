-- signals: one that was ignored when moonrig was started stays ignored, in the programs that it starts, too.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local here = engine.here()

-- A case that goes on once the signals have come.
local GO = rig.work .. "/go"
local FILE = rig:write("x.lua", moonrig.case(([[
  t:phase "waits"
  t:truthy(package.loaded.engine.await_path(%q, 15), "the signals have come")
  local status = t:here():run { "cat", "/proc/self/status" }.out
  t:value("ignored", tonumber(status:match "SigIgn:%%s*(%%x+)", 16))]]):format(GO)))

local NUMBER = { HUP = 1, INT = 2, QUIT = 3, PIPE = 13, TERM = 15 }

-- Starts a run with these signals ignored.
local function start(name, ignored)
  local words = #ignored > 0 and ("trap '' %s; "):format(table.concat(ignored, " ")) or ""
  os.remove(GO)
  return assert(here:spawn({ "bash", "-c", words .. 'exec "$@"', "bash", rig.exe, "run", FILE, "-v", "-o", rig.work .. "/out" },
    { name = name, pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 20 }))
end

local function send(run, signals)
  assert(run:expect("waits", 30))
  for _, pid in ipairs(rig:processes()) do
    for _, signal in ipairs(signals) do here:run { "kill", "-" .. signal, pid.pid } end
  end
  assert(io.open(GO, "w")):close()
end

local function set_of(case)
  local set = case.values.ignored
  local names = {}
  for name, number in pairs(NUMBER) do
    if math.floor(set / 2 ^ (number - 1)) % 2 == 1 then names[#names + 1] = name end
  end
  table.sort(names)
  return table.concat(names, " ")
end

describe("a signal that was ignored at the start", function()
  for _, c in ipairs { { "HUP" }, { "INT", "QUIT" }, { "HUP", "INT", "QUIT" } } do
    it("stays ignored: " .. table.concat(c, " "), function()
      local run = start("ignores", c)
      send(run, c)
      assert.equal(0, assert(run:await_exit(60)).code)
      assert.equal(table.concat(c, " "), set_of(moonrig.results(rig.work .. "/out").cases[1]))
    end)
  end

  it("ends the run where it was not", function()
    local run = start("ends", { "HUP" })
    assert(run:expect("waits", 30))
    run:signal "INT"
    assert.equal(2, assert(run:await_exit(60)).code)
    assert.equal("interrupted", moonrig.results(rig.work .. "/out").cases[1].reason)
  end)

  it("leaves another that ends the run, whose worker has to ignore SIGINT", function()
    local run = start("terminated", { "INT" })
    assert(run:expect("waits", 30))
    run:signal "TERM"
    assert.equal(2, assert(run:await_exit(60)).code)
    assert.equal("interrupted", moonrig.results(rig.work .. "/out").cases[1].reason)
  end)

  it("is none but for those of a person: SIGPIPE ends programs as ever", function()
    local run = start("pipes", { "PIPE" })
    send(run, {})
    assert.equal(0, assert(run:await_exit(60)).code)
    assert.equal("", set_of(moonrig.results(rig.work .. "/out").cases[1]))
  end)
end)

-- The states of a run's processes: "S", "T" (stopped), ...
local function states()
  local out = {}
  for _, p in ipairs(rig:processes()) do
    out[#out + 1] = moonrig.read("/proc/" .. p.pid .. "/stat"):match "%) (%a)" or "gone"
  end
  return table.concat(out)
end

-- A group of its own below its session's leader, as a shell makes it: the kernel stops no other at Ctrl-Z.
local JOB = [[
import os, sys
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.execv(sys.argv[1], sys.argv[1:])
print("pid", pid, flush=True)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)]]

-- Starts a run as a shell's job: the console, and the run's pid.
local function job(file)
  os.remove(GO)
  local shell = assert(here:spawn({ "python3", "-c", JOB, rig.exe, "run", file, "-v", "-o", rig.work .. "/out" },
    { name = "job", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 20 }))
  local pid = assert(shell:expect("\n", 30)):match "pid (%d+)"
  assert(shell:expect("waits", 30))
  return shell, pid
end

-- Waits until so many of them are stopped; a process that is to be stopped is soon.
local function await_stopped(count)
  local deadline = engine.now() + 20
  repeat engine.elapse(0.02) until select(2, states():gsub("T", "")) == count or engine.now() > deadline
  assert.equal(count, select(2, states():gsub("T", "")), states())
end

describe("time for which a run is stopped", function()
  local CASE = moonrig.case(([[
    t:phase "waits"
    for i = 1, 2000 do print(("x"):rep(100)) end
    t:truthy(package.loaded.engine.await_path(%q, 6), "it goes on in time")]]):format(GO)):gsub("timeout = 20", "timeout = 7")

  -- `who`: all processes of the run, or the supervisor alone, which stops its worker at Ctrl-Z.
  for what, c in pairs { ["by Ctrl-Z"] = { "TSTP", false }, ["by SIGSTOP, each process"] = { "STOP", true } } do
    it("is not its case's: " .. what, function()
      local file = rig:write("z.lua", CASE)
      os.remove(GO)
      local run, pid = job(file)
      local function signal(name)
        if not c[2] then return here:run { "kill", "-" .. name, pid } end
        for _, p in ipairs(rig:processes()) do
          if not p.words:find("os.fork", 1, true) then here:run { "kill", "-" .. name, p.pid } end
        end
      end
      signal(c[1])
      -- the supervisor and the worker; its guard goes on, to undo all should they be killed
      await_stopped(c[2] and 3 or 2)
      -- longer than the case has
      engine.elapse(8)
      signal "CONT"
      assert(io.open(GO, "w")):close()
      assert.equal(0, assert(run:await_exit(60)).code)
      assert.equal("PASS", moonrig.results(rig.work .. "/out").cases[1].status)
    end)
  end

  it("ends with the supervisor, where that is killed", function()
    local run, pid = job(FILE)
    here:run { "kill", "-TSTP", pid }
    await_stopped(2)
    here:run { "kill", "-KILL", pid }
    run:await_exit(20)
    local deadline = engine.now() + 20
    repeat engine.elapse(0.05) until #rig:processes() == 0 or engine.now() > deadline
    assert.same({}, rig:processes())
  end)
end)

lazy_teardown(function() rig:remove() end)
