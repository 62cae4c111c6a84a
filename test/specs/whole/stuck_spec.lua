-- stuck: a case that does not come back, in C, in Lua or in the kernel, is reported with what happened, and
-- the run goes on with the next.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local PASSES = moonrig.case 't:equal(1, 1, "one")'
local stuckfs = rig.exe:match "^(.*)/" .. "/fake_stuckfs"
local mount = rig.work .. "/mount"
assert(engine.fs.mkdir(mount))
-- a cache of our own: nobody else's sweep undoes what we look at
local ENV = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" }

local function case_of(steps)
  return ('return rig.case { name = "x", timeout = 1, run = function(t)\n%s\nend }'):format(steps)
end

-- a signal ends a sleep
local SLEEPS = 'local ffi = require "ffi" ffi.cdef "unsigned sleep(unsigned)" while true do ffi.C.sleep(1000) end'

local KILL_GUARD = [[t:here():spawn({ "cat" }, { name = "cat" })
  t:here():run { "sh", "-c", "read -r a b c guard rest </proc/$PPID/stat; kill -KILL $guard" }
]]

-- { what, its steps, what the reason says, the words in front of `moonrig` }; after how many seconds a worker is given
-- up, test/specs/run/follow_spec.lua asserts
local CASES = {
  { "in C", case_of(SLEEPS),
    "^not done within its 1 s, and stuck: %d+ s later it had not returned to the engine %(it sleeps.-%); its worker was killed$" },
  { "in C, with programs running", case_of([[t:here():spawn({ "cat" }, { name = "cat" }) ]] .. SLEEPS),
    "stuck: %d+ s later.*it sleeps" },
  { "in a pattern that backtracks for ever", case_of '(("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40))',
    "stuck: %d+ s later.*it computes" },
  { "with what a program said", case_of([[local c = t:here():spawn({ "sh", "-c", "echo evidence; cat" }, { name = "c" })
    c:expect("evidence", 5) ]] .. SLEEPS), "stuck: %d+ s later.*it sleeps" },
  { "in a loop that catches what would end it", case_of "while true do pcall(function() while true do end end) end",
    "stuck: %d+ s later.*it computes" },
  { "in a loop that floods its output", case_of "while true do pcall(function() while true do print 'x' end end) end",
    "stuck: %d+ s later" },
  { "in a loop in a coroutine", case_of "coroutine.wrap(function() while true do end end)()",
    "a.lua:2: not done within its 1 s: it computes" },
  { "in a task of its own", case_of "t:spawn(function() while true do end end) t:elapse(1000)",
    "a.lua:2: not done within its 1 s: it computes" },
  { "while it is stopped", case_of 't:here():run { "sh", "-c", "kill -STOP $PPID" } t:elapse(1000)',
    "stuck: %d+ s later.*it was stopped" },
  { "when its guard is killed", case_of(KILL_GUARD .. SLEEPS),
    "for its guard ended with SIGKILL" },
  { "in the kernel, beyond SIGKILL", case_of(("io.open(%q)"):format(mount .. "/x")),
    "stuck: %d+ s later.*; SIGKILL does not end its worker, which is left to the kernel$", { stuckfs, mount, "60" } },
  { "with a command that SIGKILL does not end",
    case_of(('pcall(t:here().run, t:here(), { %q, %q, "60", "cat", %q }, { timeout = 0.5 }) t:equal(1, 1, "one")'):format(
      stuckfs, mount, mount .. "/x")), "is stuck: still there 5 s after it was killed" },
  { "with a program that SIGKILL does not end",
    case_of(('t:here():spawn({ %q, %q, "60", "cat", %q }, { name = "cat" }):keep() t:elapse(0.3) t:equal(1, 1, "one")'):format(
      stuckfs, mount, mount .. "/x")), 'console "cat" is stuck: still there 5 s after it was killed' },
}

-- Runs { stuck, fine }; returns its results and output.
local function run(n, text, before)
  local plan, out = rig:plan("plan" .. n, { a = text, b = PASSES }), rig.work .. "/out" .. n
  local argv = {}
  for _, word in ipairs(before or {}) do argv[#argv + 1] = word end
  for _, word in ipairs { rig.exe, "run", plan, "-o", out } do argv[#argv + 1] = word end
  local r = assert(engine.here():run(argv, { env = ENV, timeout = 100 }))
  return { code = r.code, out = r.out .. r.err, cases = (moonrig.results(out) or {}).cases }
end

local has_fuse

-- All at once: they wait more than they compute.
local runs = {}
lazy_setup(function()
  -- its exit status where it may not mount
  has_fuse = assert(engine.here():run({ stuckfs, mount, "1", "true" }, { timeout = 30 })).code ~= 77
  for n, c in ipairs(CASES) do runs[n] = engine.task(run, n, c[2], c[4]) end
  for n in ipairs(CASES) do runs[n] = assert(runs[n]:join(110)) end
end)

-- Ends the file systems that answer nothing.
local function let_go()
  for pid, name in rig:leftovers():gmatch "(%d+) (%S+)" do
    if name:find "fake_stuckfs" then engine.here():run { "kill", "-KILL", pid } end
  end
end

local NO_FUSE = "needs FUSE, and a namespace of its own"

local function number_of(name)
  for n, c in ipairs(CASES) do
    if c[1] == name then return n end
  end
  error(name)
end

describe("a case that is stuck", function()
  for n, c in ipairs(CASES) do
    it(c[1], function()
      assert.is_true(runs[n][1], tostring(runs[n][2]))
      local r = runs[n][2]
      if c[2]:find(mount, 1, true) and not has_fuse then return pending(NO_FUSE) end
      assert.equal(3, r.code, r.out)
      assert.same({ "a", "ERROR", "b", "PASS" }, { r.cases[1].name, r.cases[1].status, r.cases[2].name, r.cases[2].status })
      assert.matches(c[3], r.cases[1].reason)
    end)
  end

  it("is ended by Ctrl-C, too", function()
    local file = rig:write("c.lua", ('return rig.case { name = "x", timeout = 100, run = function(t) t:phase "stuck" %s end }')
      :format(SLEEPS))
    local console = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", rig.work .. "/out" },
      { name = "interrupted", pipes = true, env = ENV, grace = 30 }))
    assert(console:expect("stuck", 20))
    console:signal "INT"
    assert.equal(2, assert(console:await_exit(60)).code)
    assert.matches("^interrupted, and stuck: %d+ s later", moonrig.results(rig.work .. "/out").cases[1].reason)
  end)

  it("has on record what its programs had said", function()
    local n = number_of "with what a program said"
    assert.matches("^evidence", moonrig.read(("%s/out%d/latest/plan%d.a/c.log"):format(rig.work, n, n)))
  end)

  it("is named, where it is still there", function()
    if not has_fuse then return pending(NO_FUSE) end
    for _, what in ipairs { "command", "program" } do
      local r = runs[number_of(("with a %s that SIGKILL does not end"):format(what))][2]
      assert.matches("SIGKILL does not end it: process %d+ %(cat%) D", r.out)
    end
  end)

  it("leaves nothing behind, once the kernel lets go of it", function()
    let_go()
    local deadline = engine.now() + 10
    repeat engine.elapse(0.05) until rig:leftovers() == "" or engine.now() > deadline
    assert.equal("", rig:leftovers())
  end)
end)

lazy_teardown(function() rig:remove() end)
