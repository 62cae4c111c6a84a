-- replay_verb: `moonrig replay` as a user calls it: of runs that passed, failed, were interrupted, killed, moved.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()

local function run(name, cases, env)
  local out = ("%s/out-%s"):format(rig.work, name)
  local code, said = rig:call({ "run", rig:plan(name, cases), "-o", out }, env)
  return out .. "/latest", code, said
end

local function replay(folder, ...) return rig:call { "replay", folder, ... } end

local GOOD, BAD = moonrig.case 't:equal(1, 1, "one")', moonrig.case 't:equal(1, 2, "two")'

describe("moonrig replay", function()
  it("exits as the run did, and says that it is as recorded", function()
    for status, text in pairs { [0] = GOOD, [1] = BAD, [3] = moonrig.case 'error "oh"' } do
      local folder, code = run("exit" .. status, { a = text })
      assert.equal(status, code)
      local again, said = replay(folder)
      assert.equal(status, again, said)
      assert.matches("1 replayed, 1 as recorded, 0 not", said)
    end
  end)

  it("has under test what the run had", function()
    local fake = rig.exe:match "^(.*)/" .. "/fake_testpmd"
    local text = moonrig.case(('t:testpmd { program = %q }:quit() t:equal(1, 1, "one")'):format(fake))
    local folder, code, said = run("chosen", { a = text }, { "MOONRIG_HUGEPAGES=off" })
    assert.equal(0, code, said)
    assert.matches("1 replayed, 1 as recorded, 0 not", select(2, replay(folder)))
  end)

  it("says what is not as recorded", function()
    local folder = run("edited", { a = BAD, b = GOOD, c = moonrig.case 't:here():run { "true" } t:equal(1, 1, "one")' })
    rig:write("edited/a.lua", GOOD)
    rig:write("edited/c.lua", moonrig.case 't:here():run { "false" } t:equal(1, 1, "one")')
    local code, said = replay(folder)
    assert.equal(3, code, said)
    assert.matches("PASS +edited/a  not as recorded: the verdict is PASS, recorded FAIL", said)
    assert.matches("note: [^\n]*/edited/a.lua was edited since; %-%-recorded replays it as it ran", said)
    assert.matches("PASS +edited/b  as recorded", said)
    assert.matches('ERROR +edited/c  not as recorded: recorded PASS[^\n]*\n +[^\n]*c.lua:2: it departs from the recording: '
      .. 'run: argument 1%[1%] is "false", recorded "true"', said)
    assert.matches("3 replayed, 1 as recorded, 2 not", said)
    code, said = replay(folder, "--recorded")
    assert.equal(1, code, said)
    assert.matches("3 replayed, 3 as recorded, 0 not", said)
    code, said = replay(folder, "-k", "d/b")
    assert.equal(0, code, said)
    assert.matches("1 replayed, 1 as recorded", said)
    assert.equal(5, (replay(folder, "-k", "nonsense")))
  end)

  it("takes a run that was moved, without its scenarios", function()
    local folder = run("moved", { a = GOOD })
    local to = rig.work .. "/elsewhere"
    assert(engine.fs.rename(engine.fs.realpath(folder), to))
    engine.fs.rmtree(rig.work .. "/moved")
    local code, said = replay(to)
    assert.equal(0, code, said)
    assert.matches("PASS +moved/a  as recorded", said)
  end)

  it("takes a case's folder, and a run whose supervisor was killed", function()
    local folder = run("lost", { a = GOOD, b = BAD })
    local code, said = replay(folder .. "/lost.b")
    assert.equal(1, code, said)
    assert.matches("FAIL +lost/b  as recorded", said)
    assert.matches("1 replayed, 1 as recorded", said)
    assert(os.remove(folder .. "/results.json"))
    code, said = replay(folder)
    assert.equal(1, code, said)
    assert.matches("PASS +lost/a  as recorded[^\n]*\nFAIL +lost/b  as recorded", said)
    rig:write("out-lost/latest/results.json", "nonsense")
    code, said = replay(folder)
    assert.equal(3, code)
    assert.matches("results.json holds no run", said)
  end)

  it("touches nothing, and starts nothing", function()
    local file = rig.work .. "/touched"
    local folder = run("touch", { a = moonrig.case(([[
      local f = assert(io.open(%q, "a")) f:write "x" f:close()
      os.execute "echo x >>%s" t:here():run { "sh", "-c", "echo x >>%s" } t:here():spawn({ "sh", "-c", "echo x >>%s" },
        { name = "sh" }):await_exit(5)
      local p = io.popen "echo x >>%s; echo y" t:equal(p:read "*l", "y", "it was read") p:close()
      t:equal(1, 1, "one")]]):format(file, file, file, file, file)) })
    assert.equal("xx\nx\nx\nx\n", (moonrig.read(file):gsub("^x", "xx", 1):gsub("xxx", "xx")))
    assert.equal(0, (replay(folder)))
    assert.equal(5, select(2, moonrig.read(file):gsub("x", "")))
    assert.equal("", rig:leftovers())
  end)

  it("ends an interrupted run as it ended", function()
    local file, out = rig:write("i.lua", moonrig.case 't:phase "waits" t:elapse(30)'), rig.work .. "/out-i"
    local console = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", out },
      { name = "interrupted", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    assert(console:expect("waits", 20))
    console:signal "INT"
    assert.equal(2, assert(console:await_exit(12)).code)
    local code, said = replay(out .. "/latest")
    assert.equal(2, code, said)
    assert.matches("ERROR [^\n]*as recorded[^\n]*\n +interrupted\n", said)
  end)

  it("says where the record of a killed worker ends", function()
    -- killed once its wait is recorded, a moment after it was over
    local kill = ("until grep -q engine[.]elapse %s/out-killed/*/killed.a/recording.jsonl; do sleep 0.01; done; kill -KILL $PPID; sleep 10")
      :format(rig.work)
    local folder = run("killed", { a = moonrig.case(([[
      t:equal(1, 1, "one")
      t:elapse(0.01)
      t:here():run { "sh", "-c", %q } ]]):format(kill)) })
    local code, said = replay(folder)
    assert.equal(3, code, said)
    assert.matches("ERROR +killed/a  as recorded", said)
    assert.matches('the worker ended without a verdict[^\n]*; [^\n]*killed/a.lua:4: the recording ends here, before: this machine: run', said)
  end)

  it("is not stuck where a worker was", function()
    local folder, code, out = run("stuck", {
      a = 'return rig.case { name = "x", timeout = 1, run = function(t) while true do pcall(function() while true do end end) end end }',
      b = [[return rig.case { name = "x", timeout = 1, run = function(t)
        local ffi = require "ffi" ffi.cdef "unsigned sleep(unsigned)" while true do ffi.C.sleep(1000) end end }]] })
    assert.equal(3, code, out)
    local again, said = replay(folder)
    assert.equal(3, again, said)
    assert.matches("stuck: [^\n]*it computes[^\n]*; [^\n]*a.lua:1: the recording ends here", said)
    assert.matches("stuck: [^\n]*it sleeps[^\n]*; it did not return within 5 s, as in the recorded run", said)
    assert.matches("2 replayed, 2 as recorded", said)
    assert.equal("", rig:leftovers())
  end)

  it("hears Ctrl-C while a changed scenario computes", function()
    local folder = run("endless", { a = GOOD })
    rig:write("endless/a.lua", moonrig.case [[io.stdout:write "computes\n" io.stdout:flush()
      while true do pcall(function() while true do end end) end]])
    local console = assert(engine.here():spawn({ rig.exe, "replay", folder },
      { name = "endless", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    assert(console:expect("computes", 20))
    console:signal "INT"
    assert.equal(2, assert(console:await_exit(8)).code)
  end)

  it("has nothing to replay of what was not run", function()
    local folder, code = run("unrun", { a = "nonsense" })
    assert.equal(3, code)
    local again, said = replay(folder)
    assert.equal(3, again, said)
    assert.matches("it was not run, so it cannot be replayed: ", said)
  end)

  it("says what is no run, and which case has no recording", function()
    local code, said = replay(rig.work .. "/nonsense")
    assert.equal(4, code)
    assert.matches("no run: neither [^\n]*/nonsense nor [^\n]*/nonsense has a results.json; `moonrig results` lists the runs", said)
    local folder = run("old", { a = GOOD })
    assert(os.remove(folder .. "/old.a/recording.jsonl"))
    code, said = replay(folder)
    assert.equal(3, code)
    assert.matches("replay failed[^\n]*\n[^\n]*no recording in [^\n]*old.a", said)
  end)
end)

lazy_teardown(function() rig:remove() end)
