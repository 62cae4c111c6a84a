-- fail: a cancellation is known by its mark, a mistake's place by its field, never by their words.

local engine = require "engine"

local fail = require "base.fail"
local moonrig = require "specs.moonrig"
local steps = require "base.steps"
local verdict = require "case.verdict"

-- What is raised, in every shape, by somebody who only writes about an interruption.
local WORDS = {
  "the link was interrupted", "interrupted", "scripts/x.lua:3: interrupted", "stopped at the prompt",
  { code = "ECANCELED", op = "wait", what = "interrupted" },
  { code = "ECANCELED", op = "wait", what = "interrupted", cancelled = true },
  engine.error { code = "ECANCELED", op = "qmp", what = "the connection was closed" },
  engine.error { code = "EIO", op = "wait", what = "interrupted" },
  setmetatable({}, { __tostring = function() return "wait: interrupted" end }),
  false, 7,
}

-- What a task raised that was cancelled while it ran fn().
local function raised_by_cancelled(fn)
  local task = engine.task(fn)
  engine.elapse(0)
  task:cancel()
  return assert(task:join(10))
end

describe("a cancellation", function()
  it("is no error that only reads like one", function()
    for _, err in ipairs(WORDS) do
      assert.is_nil(fail.cancelled(err))
      assert.is_false(fail.is_cancel(err))
    end
    assert.is_false(fail.is_cancel(nil))
  end)

  it("is what a cancelled wait returns, a further one raises, and a join hands on", function()
    local outcome = raised_by_cancelled(function() fail.check(engine.elapse(100)) end)
    assert.is_true(fail.cancelled(outcome[2]))
    assert.is_true(fail.is_cancel(outcome[2]))
    outcome = raised_by_cancelled(function()
      pcall(engine.elapse, 100)
      engine.elapse(0)
    end)
    assert.is_true(fail.cancelled(outcome[2]))
    assert.equal("ECANCELED", fail.code(outcome[2]))
  end)

  it("is what a task raises that was cancelled, however it words it", function()
    local is_cancel
    raised_by_cancelled(function()
      local _, err = pcall(fail.check, engine.elapse(100))
      local ok, words = pcall(error, "the rig is gone: " .. tostring(err))
      is_cancel = not ok and fail.is_cancel(words)
    end)
    assert.is_true(is_cancel)
  end)

  it("ends what computes", function()
    local ok, err
    raised_by_cancelled(function()
      pcall(engine.elapse, 100)
      steps.watch("spec", function() end)
      ok, err = pcall(function() while true do end end) -- luacheck: ignore 542
      steps.watch("spec", nil)
    end)
    assert.is_false(ok)
    assert.is_true(fail.cancelled(err))
  end)

  it("can be raised by lib/, with words of its own", function()
    local ok, err = pcall(fail.cancel, "prompt", "stopped at the prompt")
    assert.is_false(ok)
    assert.is_true(fail.cancelled(err))
    assert.equal("prompt: stopped at the prompt", tostring(err))
  end)
end)

describe("a scenario's mistake", function()
  local function raised(...) return select(2, pcall(fail.misuse, ...)) end

  it("carries its line, which is not read back from its text", function()
    local err = raised("no %s", "port")
    assert.matches("^test/specs/base/fail_spec.lua:%d+$", err.where)
    assert.equal(err.where .. ": no port", tostring(err))
    assert.same({ err.where, "no port" }, { fail.place(err), fail.what(err) })
    assert.same({ "ERROR", tostring(err), err.where }, { verdict.of(false, err, "", 1) })
    for _, other in ipairs { tostring(err), { where = "x.lua:3" }, engine.error { what = "x", where = "x.lua:3" }, 7 } do
      assert.is_nil(fail.place(other))
    end
  end)

  it("is joined to texts as it prints, and so is an error of the engine", function()
    local mistake, err = raised "no port", engine.error { code = "EIO", op = "run", what = "no disk" }
    assert.equal("then " .. tostring(mistake) .. "!", "then " .. mistake .. "!")
    assert.equal("run: no disk, 3", err .. ", 3")
    assert.equal("run: no disk" .. tostring(mistake), err .. mistake)
    assert.equal(tostring(mistake) .. "run: no disk", mistake .. err)
  end)

  it("has the line of the traceback where the stack has none, whatever its words begin with", function()
    local err = assert(engine.task(fail.misuse, "old.lua:7: no port"):join(5))[2]
    assert.is_nil(fail.place(err))
    assert.equal("old.lua:7: no port", tostring(err))
    local trace = "stack traceback:\n\tscripts/x.lua:3: in function 'run'"
    assert.same({ "ERROR", "scripts/x.lua:3: old.lua:7: no port", "scripts/x.lua:3" },
      { verdict.of(false, err, trace, 1) })
  end)
end)

describe("a scenario", function()
  local rig
  before_each(function() rig = moonrig.new() end)
  after_each(function() rig:remove() end)

  it("that raises words about an interruption ends its cell alone", function()
    local code, said = rig:call({ "run", "-o", rig.work .. "/out", rig:plan("plan", { words = moonrig.case [[
      local engine = package.loaded.engine
      local raised = { "the link was interrupted", "interrupted", { code = "ECANCELED", op = "x", what = "interrupted" },
        engine.error { code = "ECANCELED", op = "qmp", what = "the connection was closed" } }
      for i, err in ipairs(raised) do
        t:cell("raised " .. i, function() error(err, 0) end)
        t:cell("joined " .. i, function() t:spawn(function() error(err, 0) end):join(5) end)
      end
      t:cell("last", function() t:equal(1, 1, "the matrix goes on") end)]] }) })
    assert.equal(3, code, said)
    local seen = {}
    for _, cell in ipairs(moonrig.results(rig.work .. "/out").cases[1].cells) do seen[#seen + 1] = cell.status end
    -- a task that failed is the case's: cells keep their own
    assert.equal(("ERROR "):rep(8) .. "PASS", table.concat(seen, " "))
  end)

  it("that catches Ctrl-C and words it anew is interrupted all the same", function()
    local plan = rig:plan("plan", { caught = moonrig.case [[
      for i = 1, 3 do
        t:cell("cell " .. i, function()
          local ok, err = pcall(t.elapse, t, i == 1 and 15 or 0)
          if not ok then error("the traffic broke off: " .. tostring(err) .. " (see above)", 0) end
        end)
      end]] })
    local console = assert(engine.here():spawn({ rig.exe, "run", "-v", "-o", rig.work .. "/out", plan },
      { name = "interrupted", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    assert(console:expect("cell 1", 20))
    console:signal "INT"
    assert.equal(2, assert(console:await_exit(20)).code)
    local result = moonrig.results(rig.work .. "/out")
    assert.is_true(result.interrupted)
    assert.equal("interrupted", result.cases[1].reason)
    assert.equal(0, #(result.cases[1].cells or {}))
    assert.equal("", rig:leftovers())
  end)
end)
