local engine = require "engine"

local check = require "case.check"
local fail = require "base.fail"
local oracle = require "kit.oracle"

local function checks()
  local log, clock = {}, 0
  local t = check.new {
    record = function(_, rec) log[#log + 1] = rec end,
    clock = function() clock = clock + 1 return clock end,
  }
  return t, log
end

-- The error object of a check that fails.
local function failure(fn)
  local ok, err = pcall(fn)
  assert(not ok, "did not fail")
  assert.equal("check", err.kind)
  return err
end

describe("check", function()
  it("records a check that holds, with the scenario's line", function()
    local t, log = checks()
    local line = debug.getinfo(1, "l").currentline + 1
    assert.equal(5, t:equal(5, 5, "five"))
    assert.equal(1, #log)
    assert.same({ "five", true, 5, 5, 1 }, { log[1].what, log[1].ok, log[1].got, log[1].expected, log[1].t })
    assert.is_truthy(log[1].where:find("check_spec%.lua:" .. line .. "$"), log[1].where)
    assert.equal(1, t:count())
  end)

  it("shows the first difference of bytes, with its offset and in hex, also inside of tables", function()
    local t, log = checks()
    local want = 'expected 3 bytes, got 3; first difference at offset 2 (0x2): expected ff "\\xFF", got fe "\\xFE"'
    local err = failure(function() t:equal("a\0\254", "a\0\255", "the frame") end)
    assert.matches("the frame: " .. want, tostring(err), 1, true)
    assert.equal(want, log[1].detail)
    err = failure(function() t:same({ frames = { "a\0\254" } }, { frames = { "a\0\255" } }, "the frames") end)
    assert.matches("frames[1]: " .. want, tostring(err), 1, true)
    assert.matches('expected "down", got "up"', tostring(failure(function() t:equal("up", "down", "the link") end)))
  end)

  it("raises an object that reads well, and records first", function()
    local t, log = checks()
    local err = failure(function() t:equal("5", 5, "a number") end)
    assert.is_truthy(tostring(err):find('^a number: expected 5, got "5" %(.*check_spec%.lua:%d+%)$'))
    assert.is_false(log[1].ok)
    assert.equal("CHECK", err.code)
    assert.equal("check.equal", err.op)
  end)

  it("names the caller's line through a coroutine, a loadstring and a helper of lib/", function()
    local t, log = checks()
    local co = coroutine.create(function() t:truthy(1, "in a task") end)
    assert(coroutine.resume(co))
    assert.is_truthy(log[1].where:find("check_spec%.lua:%d+$"))
    assert(loadstring("local t = ...\n\nt:truthy(1, 'x')", "@scripts/x.lua"))(t)
    assert.equal("scripts/x.lua:3", log[2].where)
  end)

  it("cuts the root off", function()
    local seen
    local t = check.new { record = function(_, r) seen = r end, clock = function() return 0 end, root = "/tmp/root" }
    assert(loadstring("local t = ...\nt:truthy(1, 'x')", "@/tmp/root/scripts/x.lua"))(t)
    assert.equal("scripts/x.lua:2", seen.where)
  end)

  it("prints and records nan, nil, tables and large texts sanely", function()
    local t, log = checks()
    assert.is_truthy(tostring(failure(function() t:equal(0 / 0, 0 / 0, "n") end)):find("expected nan, got nan"))
    assert.is_truthy(tostring(failure(function() t:equal(nil, false, "n") end)):find("expected false, got nil"))
    failure(function() t:equal({ b = 1, a = 2 }, 1, "n") end)
    failure(function() t:equal(("x"):rep(1e6), 1, "n") end)
    assert.same({ "nan", "nan" }, { log[1].got, log[1].expected })
    assert.equal("{a = 2, b = 1}", log[3].got)
    assert.is_true(#log[4].got < 2100)
  end)

  it("wants numbers where numbers are compared", function()
    local t = checks()
    assert.equal(3, t:at_least(3, 3, "n"))
    for _, got in ipairs { 2, "9", 0 / 0, {} } do failure(function() t:at_least(got, 3, "n") end) end
    assert.is_truthy(tostring(failure(function() t:at_least(nil, 1, "rx") end)):find(
      "rx: expected at least 1, got nil", 1, true))
    assert.has_error(function() t:at_least(1, nil, "n") end)
  end)

  it("matches and gives the captures", function()
    local t = checks()
    assert.equal("12", t:match("port 12", "port (%d+)", "n"))
    failure(function() t:match("port", "%d", "n") end)
    failure(function() t:match(nil, "%d", "n") end)
    assert.equal("disk", t:match(engine.error { code = "EIO", op = "run", what = "no disk" }, "no (%a+)", "n"))
    failure(function() t:match({}, "table", "n") end)
  end)

  it("compares tables and names the first difference", function()
    local t = checks()
    t:same({ 1, { a = 2 } }, { 1, { a = 2 } }, "n")
    local function diff(got, expected)
      return tostring(failure(function() t:same(got, expected, "n") end))
    end
    assert.is_truthy(diff({ p = { [0] = { rx = 6 } } }, { p = { [0] = { rx = 5 } } }):find(
      "n: p[0].rx: expected 5, got 6", 1, true))
    assert.is_truthy(diff({ 1 }, { 1, 2 }):find("[2]: expected 2, got nil", 1, true))
    assert.is_truthy(diff({ 1, x = 3 }, { 1 }):find("x: not expected, got 3", 1, true))
    assert.is_truthy(diff("x", { 1 }):find("the value: expected {1}, got \"x\"", 1, true))
    local a, b = {}, {}
    a.me, b.me = a, b
    t:same(a, b, "cycles end")
    a.x = 1
    diff(a, b)
  end)

  it("takes oracles, their words and values", function()
    local t, log = checks()
    local good = { [0] = { rx = 1 }, [1] = { rx = 2 } }
    t:holds(oracle.received(good))
    local ok, detail = oracle.received { [0] = { rx = 0 }, [1] = { rx = 2 } }
    local err = failure(function() t:holds(ok, detail, "both ports received") end)
    assert.equal("both ports received", err.what)
    assert.same({ 0, "more than 0" }, { log[2].got, log[2].expected })
    assert.is_truthy(tostring(err):find("port 0: received nothing", 1, true))
    failure(function() t:holds(nil, "said so") end)
    failure(function() t:holds(false) end)
  end)

  it("fails in words, and on what is not true", function()
    local t = checks()
    assert.is_truthy(tostring(failure(function() t:fail("gave up") end)):find("^gave up: failed %("))
    failure(function() t:truthy(nil, "n") end)
    failure(function() t:truthy(false, "n") end)
    assert.equal(0, t:truthy(0, "0 is true in Lua"))
  end)

  it("expects errors, but no failing checks", function()
    local t, log = checks()
    assert.is_truthy(t:raises(function() error("no such device") end, "no such", "n"))
    t:raises(function() error({ code = 1 }) end, nil, "a table")
    failure(function() t:raises(function() end, "x", "n") end)
    failure(function() t:raises(function() error("other") end, "no such", "n") end)
    local inner = failure(function() t:raises(function() t:equal(1, 2, "inner") end, nil, "outer") end)
    assert.equal("inner", inner.what)
    assert.equal("inner", log[#log].what)
  end)

  it("takes a failed check for a trial only in the task that tries", function()
    local t, log = checks()
    local trying = coroutine.create(function()
      return t:try(function()
        t:try(function() t:fail "inside" end)
        coroutine.yield()
        t:equal(1, 2, "a trial")
      end)
    end)
    assert(coroutine.resume(trying))
    failure(function() t:equal(1, 2, "beside it") end)
    local _, ok, err = coroutine.resume(trying)
    assert.same({ false, "a trial" }, { ok, err.what })
    assert.equal("beside it", t.failed.what)
    assert.same({ 1, 1 }, { t:count(), #log })
  end)

  it("raises misuse as such, and counts none", function()
    local t = checks()
    for _, fn in ipairs { function() t:equal(1, 1) end, function() t:truthy(1, "") end,
      function() t:equal(1, 1, 5) end } do
      local ok, err = pcall(fn)
      assert.is_false(ok)
      assert.is_truthy(fail.place(err))
    end
    assert.equal(0, t:count())
  end)
end)
