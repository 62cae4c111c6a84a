-- combinations: the runs of several --dpdk: what they know of each other, the table in each page and in `compare`, and what
-- the options of one run mean to all of them. With fakes of testpmd in meson build folders.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"
local run_store = require "results.run_store"

local rig = moonrig.new():settle()
local here = engine.here()
local fakes = rig.exe:match "^(.*)/"
local ENV = { "MOONRIG_CACHE=" .. rig.work .. "/cache", "MOONRIG_DPDK=", "MOONRIG_QEMU=" }
local out = rig.work .. "/out"

-- A build folder with this testpmd.
local function build(name, program)
  local folder = rig.work .. "/" .. name
  for _, below in ipairs { "app", "meson-info" } do paths.make(folder .. "/" .. below) end
  assert.equal(0, here:run({ "cp", program, folder .. "/app/dpdk-testpmd" }).code)
  paths.write(folder .. "/meson-info/meson-info.json", ('{"directories":{"source":"%s"}}'):format(rig.work))
  paths.write(folder .. "/meson-info/intro-buildoptions.json", "[]")
  return folder
end

local good, bad, more = build("good", fakes .. "/fake_testpmd"), build("bad", "/bin/false"),
  build("more", fakes .. "/fake_testpmd")
local STARTS = moonrig.case [[t:testpmd {}:quit() t:equal(1, 1, "one")]]
local PASSES = moonrig.case 't:equal(1, 1, "one")'
-- It fails in each second run.
local SECOND = moonrig.case(([[local f = io.open(%q)
  if f then f:close() os.remove(%q) else io.open(%q, "w"):close() end
  t:equal(f == nil, true, "first")]]):format(rig.work .. "/seen", rig.work .. "/seen", rig.work .. "/seen"))

-- Runs a plan with these DPDKs into an empty folder. Returns exit status, output, and results by combination.
local function run(plan, places, args)
  engine.fs.rmtree(out)
  local words = { "run", plan, "-o", out, "-q" }
  for _, place in ipairs(places) do
    words[#words + 1] = "--dpdk"
    words[#words + 1] = place
  end
  for _, word in ipairs(args or {}) do words[#words + 1] = word end
  local code, said = rig:call(words, ENV)
  local runs = {}
  for _, id in ipairs(engine.fs.list(out) or {}) do
    local results = id ~= "latest" and engine.json.decode(moonrig.read(("%s/%s/results.json"):format(out, id)))
    if results then runs[results.combination.index] = results end
  end
  return code, said, runs
end

-- The table in the page of a run.
local function table_in(folder)
  local text = moonrig.read(folder .. "/report.html"):match '<script type="[%w/]+" id="combinations">(.-)</script>'
  return engine.json.decode(text)
end

local plan = rig:plan("plan", { starts = STARTS, passes = PASSES })

describe("the runs of one command", function()
  local code, said, runs

  setup(function() code, said, runs = run(plan, { good, bad }) end)

  it("know of each other in results.json", function()
    assert.equal(3, code, said)
    local all = { { dpdk = good }, { dpdk = bad } }
    assert.same({ of = runs[1].id, index = 1, all = all }, runs[1].combination)
    assert.same({ of = runs[1].id, index = 2, all = all }, runs[2].combination)
  end)

  it("have the table in each of their pages, with links that exist, by relative paths", function()
    for i = 1, 2 do
      local seen = table_in(("%s/%s"):format(out, runs[i].id))
      assert.same({ i == 1, i == 2 }, { seen.columns[1].is_own, seen.columns[2].is_own })
      assert.same({ name = "dpdk", words = good .. " (not used)" }, seen.columns[1].facts[1])
      assert.same({ "plan/passes", "plan/starts" }, { seen.rows[1].name, seen.rows[2].name })
      local cells = seen.rows[2].cells
      assert.same({ "PASS", "ERROR" }, { cells[1].status, cells[2].status })
      assert.equal("#case=1", cells[i].href)
      local other = cells[3 - i].href
      assert.equal(("../%s/report.html#case=1"):format(runs[3 - i].id), other)
      assert.is_not_nil(engine.fs.stat(("%s/%s/%s"):format(out, runs[i].id, other:match "[^#]*")))
    end
  end)

  it("are a table of `compare` without a word: what differs first, with its reason", function()
    local status, text = rig:call { "compare", "-o", out }
    assert.equal(0, status, text)
    assert.equal(table.concat({ ("1  dpdk %s (not used), qemu not used: %s"):format(good, runs[1].id),
      ("2  dpdk %s (not used), qemu not used: %s"):format(bad, runs[2].id), "             1       2     ",
      "plan/starts  PASS    ERROR " }, "\n"), text:match "^(.-)\n      2: ")
    assert.matches("\n      2: [^\n]*testpmd ended with exit status 1[^\n]*\nplan/passes  PASS    PASS  \n$", text)
    assert.equal(text, select(2, rig:call { "compare", "--combinations", runs[1].id, "-o", out }))
  end)

  it("are told apart in pairs as any two runs", function()
    local _, text = rig:call { "compare", runs[1].id, "-o", out }
    assert.equal(("%s, then %s"):format(runs[1].id, runs[2].id), text:match "^[^\n]*")
    assert.matches("verdict: ERROR, was PASS", text)
  end)

  it("stay together where their folder is moved, and leave a hole where one is removed", function()
    local moved = rig.work .. "/moved"
    assert(engine.fs.rename(out, moved))
    engine.fs.rmtree(("%s/%s"):format(moved, runs[1].id))
    local status, text = rig:call { "compare", "-o", moved }
    assert.equal(0, status, text)
    assert.is_truthy(text:find(("1  dpdk %s: no results\n"):format(good), 1, true), text)
    assert.matches("\nplan/starts  %-       ERROR \n", text)
    rig:call { "report", moved .. "/latest" }
    local seen = table_in(moved .. "/latest")
    assert.is_true(seen.columns[1].is_missing)
    assert.is_false(seen.rows[1].cells[1])
    assert.equal("#case=0", seen.rows[1].cells[2].href)
  end)
end)

describe("any runs", function()
  it("are a table where they are more than two", function()
    local file = rig:write("scripts/y.lua", PASSES)
    local base, ids = rig.work .. "/any", {}
    for i = 1, 3 do
      rig:call({ "run", file, "-o", base }, ENV)
      ids[i] = engine.fs.realpath(base .. "/latest"):match "[^/]+$"
    end
    local status, text = rig:call { "compare", ids[1], ids[2], ids[3], "-o", base }
    assert.equal(0, status, text)
    assert.equal(("1  %s\n2  %s\n3  %s\n           1       2       3     \nscripts/y  PASS    PASS    PASS  \n"):format(
      unpack(ids)), text)
    status, text = rig:call { "compare", "-o", base }
    assert.equal(4, status)
    assert.matches("is not one of several combinations of %-%-dpdk or %-%-qemu: name two runs", text)
    status, text = rig:call { "compare", ids[1], "--combinations", "-o", base }
    assert.equal(4, status, text)
  end)
end)

-- A case that nothing but the deadline, or Ctrl-C, ends.
local ENDLESS = [[return rig.case { name = "x", timeout = 999999, run = function(t) t:phase "waits" t:elapse(999999) end }]]

describe("an option of all combinations", function()
  it("is --deadline: those that it leaves no time for are not run, and that is an error", function()
    local endless = rig:plan("endless", { a = ENDLESS })
    local code, said, runs = run(endless, { good, bad, more }, { "--deadline", "2" })
    assert.equal(3, code, said)
    assert.equal(1, #runs)
    assert.matches("^the run's deadline of 2 s came; it was at: ", runs[1].cases[1].reason)
    assert.is_truthy(said:find("note: 2 of 3 combinations were not run: the run's deadline of 2 s came before them", 1, true),
      said)
    assert.matches("\nendless/a  ERROR   %-       %-     \n", said)
    assert.is_truthy(said:find(("\n3  dpdk %s: no results\n"):format(more), 1, true), said)
  end)

  it("is --deadline: a later combination gets what is left", function()
    local used = rig:plan("used", { a = moonrig.case(([[t:equal(1, 1, "one")
      if io.open(%q) then t:elapse(999999) end
      io.open(%q, "w"):close()]]):format(rig.work .. "/first", rig.work .. "/first"), "timeout = 999999,") })
    local code, said, runs = run(used, { good, more }, { "--deadline", "4" })
    assert.equal(3, code, said)
    assert.equal("PASS", runs[1].cases[1].status)
    assert.matches("^the run's deadline of 4 s came", runs[2].cases[1].reason)
    -- one moment for both
    local one = run_store.case_facts(runs[1].cases[1].dir).spec.deadline
    assert.is_true(one < runs[2].origin + 4)
    assert.equal(one, run_store.case_facts(runs[2].cases[1].dir).spec.deadline)
    assert.is_nil(said:find("were not run", 1, true), said)
  end)

  it("is -x: after a bad case no other combination runs", function()
    local code, said, runs = run(plan, { bad, good }, { "-x" })
    assert.equal(3, code, said)
    assert.equal(1, #runs)
    assert.matches("\nplan/starts  ERROR   %-     \n", said)
  end)

  it("is --repeat: each round has a row", function()
    local _, said = run(plan .. "/passes.lua", { good, more }, { "--repeat", "2" })
    assert.matches("\nplan/passes      PASS    PASS  \nplan/passes %(2%)  PASS    PASS  \n", said)
  end)

  it("is --shuffle: all have one order", function()
    local _, said, runs = run(plan, { good, more }, { "--shuffle", "--seed", "7" })
    assert.same({ 7, 7 }, { runs[1].seed, runs[2].seed }, said)
    assert.equal(runs[1].cases[1].name, runs[2].cases[1].name)
  end)

  it("is --annotations: each names its combination", function()
    local _, said = run(plan, { bad, good }, { "--annotations", "github" })
    assert.is_truthy(said:find(("title=ERROR plan/starts with dpdk %s"):format(bad), 1, true), said)
  end)

  it("is --last-failed: a case that failed in one of them failed", function()
    -- the last of the combinations passes
    local second = rig:plan("second", { x = SECOND })
    io.open(rig.work .. "/seen", "w"):close()
    local _, said, runs = run(second, { good, more })
    assert.same({ "FAIL", "PASS" }, { runs[1].cases[1].status, runs[2].cases[1].status }, said)
    os.remove(rig.work .. "/seen")
    local code, text = rig:call({ "run", second, plan, "--last-failed", "-o", out, "-q" }, ENV)
    assert.equal(0, code, text)
    assert.matches("^PASS  second/x[^\n]*\n1 passed, 0 failed", text)
    -- and now it has passed
    code = rig:call({ "run", second, "--last-failed", "-o", out, "-q" }, ENV)
    assert.equal(5, code)
  end)
end)

describe("Ctrl-C in a product", function()
  it("ends it; what has run so far is in the table", function()
    engine.fs.rmtree(out)
    local first = rig.work .. "/interrupted"
    local file = rig:write("scripts/z.lua", moonrig.case(([[t:equal(1, 1, "one")
      if io.open(%q) then t:phase "waits" t:elapse(999999) end
      io.open(%q, "w"):close()]]):format(first, first), "timeout = 999999,"))
    local console = assert(here:spawn({ rig.exe, "run", file, "-v", "-o", out, "--dpdk", good, "--dpdk", more, "--dpdk", bad },
      { name = "product", pipes = true, env = { "TMPDIR=" .. rig.tmp, unpack(ENV) }, grace = 20 }))
    assert(console:expect("waits", 30))
    console:signal "INT"
    local exit = assert(console:await_exit(30))
    local said = console:tail(20)
    assert.equal(2, exit.code, said)
    assert.matches("\nscripts/z  PASS    ERROR   %-     ", said)
    console:close()
    local seen = table_in(out .. "/latest")
    assert.equal("PASS", seen.rows[1].cells[1].status)
    assert.is_false(seen.rows[1].cells[3])
  end)
end)

teardown(function() rig:remove() end)
