-- What the consoles said last, where a case fails: in results.json, JUnit and on the terminal. Runs the real
-- program.

local engine = require "engine"
local consoles = require "case.consoles"

local function fake(name, printed, tail, exit)
  return { name = function() return name end, last_output = function() return printed end, tail = function() return tail end,
    exit = function() return exit end }
end

describe("consoles.last", function()
  it("keeps the last lines that say something, as text that a terminal can take", function()
    local long = ("x"):rep(1000)
    local said = consoles.last({ fake("pmd", 12.5, "0\n1\n2\n\n \n3\r\n\tfo\27[2Jur\255\n" .. long), fake("calm", nil, "") }, 10)
    assert.same({ name = "pmd", transcript = "pmd.log", t = 2.5,
      lines = { "1", "2", "3", " fo [2Jur\239\191\189", long:sub(1, 300) } }, said[1])
    assert.same({ name = "calm", transcript = "calm.log", lines = {} }, said[2])
  end)

  it("since a moment: all but those that had ended in silence", function()
    local said = consoles.last({ fake("live", 1, "a"), fake("ended", 1, "b", { code = 0 }), fake("spoke", 3, "c", { code = 0 }),
      fake("mute", nil, "", { code = 0 }) }, 0, 2)
    assert.same({ "live", "spoke" }, { said[1].name, said[2].name, said[3] })
  end)
end)

describe("consoles.transcripts", function()
  it("are the files of that name in a folder, sorted; none without one", function()
    local folder = assert(engine.scratch())
    for _, name in ipairs { "testpmd.log", "result.json", "a.log", "alog" } do
      assert(io.open(("%s/%s"):format(folder, name), "w")):close()
    end
    assert.same({ "a.log", "testpmd.log" }, consoles.transcripts(folder))
    engine.fs.rmtree(folder)
    assert.same({}, consoles.transcripts(folder))
  end)
end)

describe("consoles.text", function()
  local said = { { transcript = "a.log", t = 1, lines = { "1", "2" } }, { transcript = "b.log", lines = {} },
    { transcript = "c.log", t = 3.14, lines = { "3", "4", "5" } }, { transcript = "d.log", t = 1, lines = {} } }

  it("has the latest first, as many as are wanted", function()
    assert.same({ "c.log at 3.1 s:", "  4", "  5", "a.log at 1.0 s:", "  1", "  2" }, consoles.text(said, 2, 2))
    assert.same({ "c.log at 3.1 s:", "  3", "  4", "  5", "a.log at 1.0 s:", "  1", "  2", "d.log at 1.0 s:",
      "b.log: no output" }, consoles.text(said))
    assert.same({}, consoles.text(nil))
  end)
end)

local here = engine.here()
local exe = engine.fs.realpath "/proc/self/exe"
local work = engine.scratch()

local function write(name, text)
  local f = assert(io.open(work .. "/" .. name, "w"))
  f:write(text)
  f:close()
  return work .. "/" .. name
end

local function read(name)
  local f = assert(io.open(work .. "/" .. name))
  local text = f:read "*a"
  f:close()
  return text
end

-- Runs a scenario of these steps; returns exit status, output, and its results.
local function run(steps, option)
  local file = write("x.lua", ('return rig.case { name = "x", timeout = 4, run = function(t)\n%s\nend }'):format(steps))
  local r = assert(here:run({ exe, "run", file, option or "-v", "-o", work .. "/out" }, { timeout = 60 }))
  return r.code, r.out .. r.err, engine.json.decode(read "out/latest/results.json").cases[1]
end

-- Starts a program that says `text`, and then waits.
local function talker(name, text)
  local file = write(name, ("#!/bin/sh\nprintf '%s'\nexec sleep 100"):format(text))
  engine.fs.chmod(file, 448)
  return ('t:mp { program = %q, ready = "up", timeout = 3 }'):format(file)
end

describe("a case that fails tells what each console said last,", function()
  it("where a check failed", function()
    local status, out, c = run(talker("one", [[1\n2\n3\n\n\033[1m4\033[0m\nlate\nup]]) .. "\nt:elapse(0.02)\n"
      .. talker("two", "up") .. '\nt:equal(1, 2, "sum")')
    assert.equal(1, status, out)
    assert.equal(2, #c.consoles)
    local one, two = c.consoles[1], c.consoles[2]
    assert.same({ "one", "one.log" }, { one.name, one.transcript })
    assert.same({ "2", "3", "4", "late", "up" }, one.lines)
    -- the last phase is the teardown
    assert.is_true(one.t > 0 and one.t < two.t and two.t < c.phases[#c.phases].start)
    assert.is_truthy(engine.fs.stat(c.dir .. "/" .. one.transcript))
    assert.matches("sum: expected 2, got 1[^\n]*\n%s+two.log at %d+%.%d s:\n%s+up\n%s+one.log at %d+%.%d s:\n"
      .. "%s+4\n%s+late\n%s+up\n", out)
    assert.matches("<failure[^\n]*two.log at", read "out/latest/junit.xml")
  end)

  it("but not on the terminal where -q is given", function()
    local status, out, c = run(talker("one", "up") .. '\nt:equal(1, 2, "sum")', "-q")
    assert.equal(1, status, out)
    assert.equal(1, #c.consoles)
    assert.is_nil(out:find("one.log", 1, true))
    assert.matches("\nresults: ", out)
  end)

  it("where one waited in vain", function()
    local status, out, c = run(talker("deaf", "down"))
    assert.equal(3, status, out)
    assert.matches('no "up" from deaf', c.reason)
    assert.same({ "deaf", { "down" } }, { c.consoles[1].name, c.consoles[1].lines })
  end)

  it("where its time was over", function()
    local status, out, c = run(talker("long", "up") .. "\nt:elapse(60)")
    assert.equal(3, status, out)
    assert.matches("not done within its 4 s", c.reason)
    assert.same({ "long", { "up" } }, { c.consoles[1].name, c.consoles[1].lines })
  end)

  it("in the cell that failed, once on the terminal; and none where all is well", function()
    local status, out, c = run(([[
      t:cell("first", function() %s:quit() t:equal(1, 1, "x") end)
      t:cell("second", function() %s:quit() t:equal(1, 2, "x") end)]]):format(talker("gone", "up"), talker("there", "up")))
    assert.equal(1, status, out)
    assert.is_nil(c.cells[1].consoles)
    assert.same({ "there@second" }, { c.cells[2].consoles[1].name, c.cells[2].consoles[2] })
    assert.equal(2, #c.consoles)
    assert.equal(1, select(2, out:gsub("there@second.log at", "")), out)
    status, out, c = run(talker("calm", "up") .. ':quit()\nt:equal(1, 1, "x")')
    assert.equal(0, status, out)
    assert.same({}, c.consoles)
  end)
end)

teardown(function() engine.fs.rmtree(work) end)
