-- two_runs: runs at once, by the same user or another, do not disturb each other; nor do `clean` and the sweep
-- of a killed run's leavings while a run goes on. Real testpmds.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local NOBODY = "65534"
local rig = moonrig.new()
local here = engine.here()
local cache = rig.work .. "/cache"

local function has_testpmd() return paths.program "dpdk-testpmd" ~= nil end

-- Folders of other users.
local strange = {}

-- A folder and the words in front of `moonrig` for a user: `who` is nil for ourselves.
local function account(name, who)
  local base = who and engine.scratch() or rig.work .. "/" .. name
  strange[#strange + 1] = who and base
  if not who then assert(engine.fs.mkdir(base)) end
  assert(engine.fs.mkdir(base .. "/t"))
  local words = { "env", "TMPDIR=" .. base .. "/t", "HOME=" .. base, "MOONRIG_CACHE=" .. (who and base .. "/cache" or cache) }
  if who then
    assert(here:run { "chown", "-R", who .. ":" .. who, base })
    for _, word in ipairs { "setpriv", "--reuid=" .. who, "--regid=" .. who, "--clear-groups" } do
      words[#words + 1] = word
    end
  end
  return { base = base, tmp = base .. "/t", words = words, name = name }
end

local function argv_of(a, args)
  local argv = {}
  for _, list in ipairs { a.words, { rig.exe }, args } do
    for _, word in ipairs(list) do argv[#argv + 1] = word end
  end
  return argv
end

-- Starts a scenario; a console that shows its phases.
local function start(a, what)
  return assert(here:spawn(argv_of(a, { "run", what, "-v", "-o", a.base .. "/out" }),
    { name = a.name, pipes = true, grace = 60 }))
end

-- Has testpmd forward until a file is there.
local GO = rig.work .. "/go"
local FORWARDS = moonrig.case(([[
  local pmd = t:testpmd { vdevs = { "net_null0" }, lcores = "1-2" }
  pmd:set_fwd "rxonly"
  t:phase "traffic"
  pmd:start()
  t:truthy(package.loaded.engine.await_path(%q, 100), "it may end")
  t:at_least(pmd:stop().ports[0].rx_packets, 1000, "received")
  pmd:quit()]]):format(GO), 'needs = { "testpmd" },'):gsub("timeout = 20", "timeout = 110")

-- DPDK's runtime folders bear the tail of a scratch folder's name.
local function runtime_folders(scratches)
  local found = {}
  for _, name in ipairs(engine.fs.list "/var/run/dpdk" or {}) do
    for _, scratch in ipairs(scratches) do
      if name:sub(-6) == scratch:sub(-6) then found[#found + 1] = name end
    end
  end
  return table.concat(found, " ")
end

local function passes(a, console)
  local exit = assert(console:await_exit(90))
  assert.equal(0, exit.code, console:tail(30))
  assert.equal("PASS", moonrig.results(a.base .. "/out").cases[1].status)
  assert.equal("", rig:leftovers(a.tmp))
end

local function can_run_here(a)
  local r = here:run(argv_of(a, { "--version" }))
  return r ~= nil and r.code == 0
end

describe("runs at once", function()
  it("pass and leave nothing, the same user's and another's", function()
    if not has_testpmd() then return pending "needs dpdk-testpmd" end
    local accounts = { account "one", account "two" }
    local other = engine.sys.uid() == 0 and account("nobody", NOBODY)
    if other and can_run_here(other) then accounts[3] = other end
    local consoles, tasks, seen = {}, {}, {}
    for i, a in ipairs(accounts) do
      consoles[i] = start(a, "smoke/loopback")
      tasks[i] = engine.task(function()
        assert(consoles[i]:expect("traffic", 60), consoles[i]:tail(20))
        for _, name in ipairs(engine.fs.list(a.tmp)) do seen[#seen + 1] = name end
      end)
    end
    for i in ipairs(accounts) do assert.same({ true }, assert(tasks[i]:join(70))) end
    assert.equal(#accounts, #seen)
    for i, a in ipairs(accounts) do passes(a, consoles[i]) end
    assert.equal("", runtime_folders(seen))
    assert.same({}, engine.fs.list(cache .. "/journal"))
    if not accounts[3] then return pending "needs root, and this folder open to others, for another user's run" end
  end)

  it("are not touched by clean, nor by the sweep of what a killed one left", function()
    if not has_testpmd() then return pending "needs dpdk-testpmd" end
    local kept, killed, third = account "kept", account "killed", account "third"
    local file = rig:write("forwards.lua", FORWARDS)
    local going_on, victim = start(kept, file), start(killed, file)
    for _, console in ipairs { going_on, victim } do assert(console:expect("traffic", 60), console:tail(20)) end
    local pids = {}
    for _, p in ipairs(rig:processes(killed.tmp)) do
      if p.words:find(rig.exe, 1, true) then pids[#pids + 1] = p.pid end
    end
    here:run { "kill", "-KILL", unpack(pids) }
    victim:await_exit(20)
    local r = here:run(argv_of(third, { "clean", "--all" }))
    assert.equal(0, r.code, r.err)
    assert.matches("cleaned up after 1 killed run", r.err)
    assert.equal("", rig:leftovers(killed.tmp))
    file = rig:write("quick.lua", moonrig.case 't:equal(1, 1, "one")')
    r = here:run(argv_of(third, { "run", file, "-q", "-o", third.base .. "/out" }))
    assert.equal(0, r.code, r.out .. r.err)
    assert.is_nil(going_on:exit())
    rig:write("go", "")
    passes(kept, going_on)
  end)
end)

teardown(function()
  for _, base in ipairs(strange) do engine.fs.rmtree(base) end
  rig:remove()
end)
