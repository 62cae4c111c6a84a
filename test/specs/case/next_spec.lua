-- expect: what comes next. Text from before an act or a call does not pass for what comes after it.

local case = require "case.case"
local context = require "case.context"
local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local ctx, t, count

before_each(function()
  ctx, count = context.new(engine.now(), function() end), 0
  t = case.new(ctx)
end)
after_each(function()
  for _, console in ipairs(engine.consoles()) do pcall(console.close, console, 5) end
  ctx:clean()
end)

-- A DPDK process that is a shell script: prints "ready", then each line that it reads, and "loud" on SIGUSR1. `first`:
-- what it does before it reads; `o`: more options.
local function program(first, o)
  count = count + 1
  local file = ("%s/p%d"):format(ctx.scratch, count)
  paths.write(file, ("#!/bin/sh\ntrap 'echo loud' USR1\necho ready\n%s\nwhile :; do read -r x && eval \"$x\"; done\n")
    :format(first or ""), 493)
  local given = { program = file, name = "p" .. count, ready = { "ready\n" } }
  for key, value in pairs(o or {}) do given[key] = value end
  return t:mp(given)
end

-- The error of a wait for a text that does not come.
local function missed(p, text, options)
  options = options or {}
  options.timeout = 0.1
  local _, err = fail.try(p.expect, p, text, options)
  assert.equal("ETIMEDOUT", fail.code(err))
  return err.what
end

-- Waits until it has printed this, without an expect.
local function printed(p, text)
  local console = type(p) == "table" and p.console or p
  t:eventually(10, function() return console:tail(100):find(text, 1, true) end, text)
end

describe("expect", function()
  it("does not take what a program printed before the call, and says that it did", function()
    local p = program "sleep 0.1; echo wake-up"
    printed(p, "wake-up")
    assert.matches('no "wake%-up" from p1 in 0%.1 s; it was printed before this wait: .*mark%(%)', missed(p, "wake-up"))
    assert.equal("ready\n", p:expect("wake-up", { from = "start" }))
  end)

  it("takes what stands behind the ready text, where nothing is awaited in between", function()
    assert.equal("one ", program("echo one two"):expect("two", 10))
  end)

  it("takes what the program printed between an act at it and the wait", function()
    local acts = {
      type = function(p) p.console:type "echo loud\n" end,
      signal = function(p) p:signal "USR1" end,
      ["a typed line, and other waits"] = function(p)
        p.console:type "echo loud\n"
        t:here():run { "true" }
        program():expect("nothing", { from = "start", timeout = 0 })
      end,
    }
    for what, act in pairs(acts) do
      local p = program()
      pcall(act, p)
      printed(p, "loud")
      assert.equal("", p:expect("loud", 1), what)
      assert.matches("no \"loud\"", missed(p, "loud"), what)
    end
  end)

  it("takes what was printed in the gap behind a command's prompt, and inside its reply, not its echo", function()
    local p = t:mp { program = engine.fs.realpath("/proc/self/exe"):match "^(.*)/" .. "/fake_testpmd", name = "pmd",
      ready = "testpmd> ", quit = "quit" }
    p:command "echo loud"
    t:elapse(0.05)
    assert.equal("", p:expect("loud", 1))
    p:command "echo quiet"
    assert.matches("no \"echo\"", missed(p, "echo"))
    p:quit()
  end)

  it("finds texts one behind the other, whatever is awaited at other programs in between", function()
    local p, q = program(), program()
    p.console:type "echo one; echo two; echo three\n"
    q.console:type "echo eins; echo zwei; echo drei\n"
    for _, words in ipairs { { "one", "eins" }, { "two", "zwei" }, { "three", "drei" } } do
      p:expect(words[1], 10)
      t:elapse(0.02)
      q:expect(words[2], 10)
    end
  end)

  it("does not take what came between its last wait and an act elsewhere", function()
    local p, q = program(), program()
    p.console:type "echo connected; echo wake-up\n"
    p:expect("connected", 10)
    printed(p, "wake-up")
    q.console:type "echo traffic\n"
    assert.matches("printed before", missed(p, "wake-up"))
  end)

  it("says of a mark that the text was printed before it", function()
    local p = program()
    p.console:type "echo wake-up\n"
    p:expect("wake-up", 10)
    local ok, err = pcall(p.expect, p, "wake-up", { after = p:mark(), timeout = 0.1 })
    assert.is_false(ok)
    assert.matches("it was printed before the mark$", err.what)
  end)

  it("keeps the place of a task whatever another task does", function()
    local p, q = program(), program()
    p.console:type "echo one; echo two\n"
    p:expect("one", 10)
    t:spawn(function() q.console:type "x=1\n" end):join(10)
    assert.equal("\n", p:expect("two", 10))
  end)

  it("takes what is printed behind a mark, in a gap too", function()
    local p, q = program "echo wake-up", program()
    printed(p, "wake-up")
    local m = p:mark()
    q.console:type(("kill -USR1 %d\n"):format(p.console:pid()))
    printed(p, "loud")
    assert.equal("", p:expect({ "wake-up", "loud" }, { after = m }))
    assert.equal("ready\n", p:expect({ "wake-up", "loud" }, { from = "start" }))
  end)

  it("looks back by name, and changes nothing for what was asked", function()
    local p = program "echo loud"
    printed(p, "loud")
    p:signal "USR1"
    p:expect("ready", { from = "start" })
    printed(p, "loud\nloud")
    assert.equal("", p:expect("loud", 1))
    -- what stands behind a text that was looked back for
    p:expect("ready", { from = "start" })
    assert.equal("\n", p:expect("loud", 1))
    p:expect("ready", { from = "start" })
    t:elapse(0.01)
    missed(p, "loud")
  end)

  it("begins again where it began, after a deadline", function()
    local p = program()
    p.console:type "echo one; echo two\n"
    printed(p, "two")
    missed(p, "three")
    assert.equal("one\n", p:expect("two", 1))
  end)

  it("of a console that was only opened takes its start", function()
    local console = t:here():spawn({ "sh", "-c", "echo one; echo two; exec cat" }, { name = "own" })
    printed(console, "two")
    assert.equal("one", (console:expect("\n", 1)))
    assert.equal("two", (console:expect("\n", { from = "last", timeout = 1 })))
  end)

  it("refuses places that are none", function()
    local p = program()
    local function refusal(options) return tostring(select(2, pcall(p.expect, p, "x", options))) end
    assert.matches('option "after": a mark of this console is expected', refusal { after = p:mark() + 1000 })
    assert.matches('option "after": expected a mark %(a whole number%), got a number %(%-1%)', refusal { after = -1 })
    assert.matches('option "from": expected "start" or "last", got "begin"', refusal { from = "begin" })
    assert.matches('option "after" or option "from", not both', refusal { from = "start", after = 0 })
    assert.matches('unknown option "form" %(did you mean "from"%?%)', refusal { form = "start" })
    assert.matches("expected seconds, 0 to 1000000", refusal { timeout = -1 })
  end)

  it("says how much of a place is no longer in memory", function()
    local p = program "head -c 300000 /dev/zero | tr '\\0' y; echo; echo loud"
    printed(p, "loud")
    local _, err = fail.try(p.expect, p, "ready", { from = "start" })
    assert.equal("EOVERFLOW", fail.code(err))
    assert.matches("the first %d+ bytes are dropped", err.what)
  end)
end)

describe("a console or a node", function()
  it("raises what fails", function()
    local here = t:here()
    local console = here:spawn({ "cat" }, { name = "cat" })
    local function code(fn, ...) return fail.code(select(2, pcall(fn, ...))) end
    assert.equal("ETIMEDOUT", code(console.expect, console, "never", 0.01))
    assert.equal("ETIMEDOUT", code(console.await_exit, console, 0.01))
    assert.equal("ENOENT", code(here.run, here, { "/no/such/program" }))
    assert.equal("ENOENT", code(here.spawn, here, { "/no/such/program" }))
    assert.equal("ETIMEDOUT", code(here.run, here, { "sleep", "100" }, { timeout = 0.01 }))
    assert.equal("EOVERFLOW", code(here.run, here, { "head", "-c", "17000000", "/dev/zero" }))
    assert.equal(3, here:run({ "sh", "-c", "exit 3" }).code)
    assert.equal("SIGKILL", here:run({ "sh", "-c", "kill -9 $$" }).signal)
    console:close(5)
    assert.equal("EPIPE", code(console.expect, console, "never", 1))
    assert.matches("is closed", tostring(select(2, pcall(console.type, console, "x"))))
  end)
end)
