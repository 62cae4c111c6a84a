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

lazy_teardown(function() rig:remove() end)
