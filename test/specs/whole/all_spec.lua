-- all: the tests' closing line: what passed, failed and was skipped, summed over all parts, each part a fake.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local rig

before_each(function()
  rig = moonrig.new()
  for _, name in ipairs { "build", "test", "test/browser" } do assert(engine.fs.mkdir(rig.work .. "/" .. name)) end
  for _, name in ipairs { "test/all.sh", "test/failures.awk" } do
    rig:write(name, paths.read(engine.home() .. "/" .. name))
  end
end)

after_each(function() rig:remove() end)

-- A program that prints a text and ends with a status.
local function program(name, text, status)
  local path = rig:write("build/" .. name, ("#!/bin/sh\ncat <<'END'\n%s\nEND\nexit %d\n"):format(text, status or 0))
  assert(engine.fs.chmod(path, 493))
end

-- A group of tests as cmocka 1.1.5 counts it, or, with a name, 1.1.7.
local function group(passed, skipped, failed, name)
  local all = passed + skipped + failed
  name = name and name .. ": " or ""
  return ([[
[==========] %sRunning %d test(s).
[==========] %s%d test(s) run.
[  PASSED  ] %d test(s).%s]]):format(name, all, name, all, passed, skipped == 0 and "" or
    ("\n[  SKIPPED ] %d test(s), listed below:\n[  SKIPPED ] one\n\n %d SKIPPED TEST(S)"):format(skipped, skipped))
end

local function all(...)
  local r = assert(engine.here():run({ "sh", rig.work .. "/test/all.sh", ... }, { timeout = 30,
    env = { "TMPDIR=" .. rig.tmp, "BUILD=build" } }))
  return r.code, r.out
end

local function closing(code, line, ...)
  local status, out = all(...)
  assert.equal(line, out:match "([^\n]*)\n$", out)
  assert.equal(code, status, out)
  return out
end

describe("test/all.sh", function()
  it("sums units over all groups of all programs", function()
    program("test_a", group(3, 0, 0))
    program("test_b", group(0, 1, 0) .. "\n" .. group(27, 0, 0))
    local out = closing(0, "30 passed, 0 failed, 1 skipped", "units")
    assert.matches("units: 30 passed, 0 failed, 1 skipped\n", out)
    -- which were skipped is shown
    assert.matches("%[  SKIPPED %] one\n", out)
  end)

  it("sums units of groups with names", function()
    program("test_a", group(3, 1, 0, "ssh (dropbear)") .. "\n" .. group(27, 0, 0, "wait: task"))
    program("test_b", group(3, 0, 0, "bind") .. "\n[==========] wait: Running 2 test(s).", 139)
    closing(1, "33 passed, 1 failed, 1 skipped", "units")
  end)

  it("counts a unit that fails, crashes, or fails behind its tests", function()
    program("test_a", group(3, 1, 2), 2)
    program("test_b", "[==========] Running 9 test(s).", 139)
    program("test_c", group(4, 0, 0), 1)
    program("test_d", group(0, 0, 0))
    closing(1, "6 passed, 5 failed, 1 skipped", "units")
  end)

  it("counts a unit of two groups whose second does not come to its end", function()
    program("test_a", group(3, 0, 0) .. "\n[==========] Running 2 test(s).", 139)
    closing(1, "3 passed, 1 failed, 0 skipped", "units")
  end)

  it("counts pending specs and skipped cases, and shows them", function()
    program("moonrig", [[
5 successes / 0 failures / 0 errors / 2 pending : 1.5 seconds

Pending -> x_spec.lua @ 1
3 passed, 0 failed, 4 skipped in 1.0 s]])
    local out = closing(0, "8 passed, 0 failed, 6 skipped", "specs", "smoke")
    assert.matches("specs: 5 passed, 0 failed, 2 skipped\n", out)
    assert.matches("smoke: 3 passed, 0 failed, 4 skipped\n", out)
    assert.matches("Pending %-> x_spec.lua", out)
  end)

  it("counts what counts for itself, with its skipped or without", function()
    program("moonrig", "9 faults\n7 passed, 0 failed, 2 skipped")
    rig:write("test/browser/browser.sh", "echo 4 passed, 0 failed")
    closing(0, "11 passed, 0 failed, 2 skipped", "sabotage", "browser")
    rig:write("test/browser/browser.sh", "echo 4 passed, 0 failed\nexit 3")
    closing(1, "4 passed, 1 failed, 0 skipped", "browser")
    rig:write("test/browser/browser.sh", "echo nothing of it")
    closing(1, "0 passed, 1 failed, 0 skipped", "browser")
  end)

  it("fails where a part ran nothing, or all was skipped", function()
    program("moonrig", "0 successes / 0 failures / 0 errors / 2 pending : 0.5 seconds")
    local out = closing(1, "0 passed, 0 failed, 2 skipped", "specs")
    assert.matches("specs: no test was run\n", out)
  end)

  it("says last what failed, and why", function()
    program("test_a", [[
[==========] Running 1 test(s).
[ RUN      ] a_wait_ends
[  ERROR   ] --- 0x1 != 0x2
[   LINE   ] --- test/units/test_a.c:12: error: Failure!
[  FAILED  ] a_wait_ends
[==========] 1 test(s) run.
[  PASSED  ] 0 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] a_wait_ends

 1 FAILED TEST(S)]], 1)
    program("moonrig", [[
5 successes / 1 failure / 1 error / 0 pending : 1.5 seconds

Failure -> x_spec.lua @ 1
a thing does it
x_spec.lua:2: Expected objects to be equal.

Error -> x_spec.lua @ 7
a thing does not
nothing of it

PASS  smoke/loopback  1.0 s
ERROR smoke/vm  9.0 s
      no "login:" in 9.0 s
FAIL  smoke/last  1.0 s
      1 is 2
1 passed, 1 failed, 1 in error in 1.0 s]], 3)
    rig:write("test/targets.sh", "echo one; echo make man: failed; echo 0 passed, 1 failed, 0 skipped; exit 1")
    rig:write("test/browser/browser.sh", "echo nothing of it; exit 3")
    local out = closing(1, "1 passed, 5 failed, 0 skipped", "units", "browser", "targets", "smoke")
    assert.equal([[
failed in browser:
  nothing of it
failed in smoke:
  Failure -> x_spec.lua @ 1
  a thing does it
  x_spec.lua:2: Expected objects to be equal.
  Error -> x_spec.lua @ 7
  a thing does not
  nothing of it
  ERROR smoke/vm  9.0 s
        no "login:" in 9.0 s
  FAIL  smoke/last  1.0 s
        1 is 2
failed in targets:
  make man: failed
failed in units:
  [  ERROR   ] --- 0x1 != 0x2
  [   LINE   ] --- test/units/test_a.c:12: error: Failure!
  [  FAILED  ] a_wait_ends
1 passed, 5 failed, 0 skipped
]], out:match "\n(failed in browser:.*)" or out)
  end)

  it("says no more than 40 lines of what failed", function()
    local reasons = {}
    for i = 1, 100 do reasons[i] = ("ERROR smoke/case%d  9.0 s\n      one\n      two\n      three"):format(i) end
    program("moonrig", table.concat(reasons, "\n") .. "\n0 passed, 0 failed, 100 in error in 1.0 s", 3)
    program("test_a", "[==========] Running 9 test(s).", 139)
    local out = closing(1, "0 passed, 101 failed, 0 skipped", "smoke", "units")
    local last = out:match "\n(failed in smoke:\n.*)"
    local _, lines = last:gsub("\n", "")
    assert.is_true(lines <= 40 and lines > 10, last)
    assert.matches("\n  ERROR smoke/case1  9.0 s\n        one\n", "\n" .. last)
    assert.matches("  %.%.%. 382 more lines, above\nfailed in units:\n  test_a: exited with status 139", last)
  end)

  it("says nothing of failures where all passed", function()
    program("test_a", group(3, 0, 0))
    assert.is_nil(closing(0, "3 passed, 0 failed, 0 skipped", "units"):find("failed in", 1, true))
  end)
end)
