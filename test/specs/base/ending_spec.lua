-- ending: how a process ended, in the same words wherever they are printed.

local engine = require "engine"

local ending = require "base.ending"

-- A shell's commands run to their end: on a console, and by node:run.
local function both(commands)
  local console = assert(engine.here():spawn({ "sh", "-c", commands }, { name = "sh" }))
  local exit = assert(console:await_exit(10))
  return exit, assert(engine.here():run { "sh", "-c", commands })
end

describe("ending.words", function()
  it("has an exit status, or a signal by its name", function()
    for commands, expected in pairs { ["exit 0"] = "exit status 0", ["exit 137"] = "exit status 137",
        ["kill -9 $$"] = "SIGKILL", ["kill -SEGV $$"] = "SIGSEGV", ["kill -40 $$"] = "signal 40",
        ["kill -XFSZ $$"] = "SIGXFSZ (a file grew over the limit, ulimit -f)" } do
      local exit, ran = both(commands)
      assert.equal(expected, ending.words(exit))
      assert.equal(expected, ending.words(ran))
      assert.equal(expected:match "^S%u*", exit.signal and exit.signal:match "^S.*")
    end
    assert.equal("no exit status", ending.words { lost = true })
  end)

  it("reads a shell's status", function()
    assert.equal("SIGKILL", ending.of_status(137))
    assert.equal("exit status 128", ending.of_status(128))
    assert.equal("no exit status", ending.of_status(nil))
  end)

  it("is in the error of a wait that the end broke", function()
    local console = assert(engine.here():spawn({ "sh", "-c", "kill -TERM $$" }, { name = "sh" }))
    local _, err = pcall(console.expect, console, "never", 10)
    assert.equal("sh ended with SIGTERM while \"never\" was awaited", err.what)
    console = assert(engine.here():spawn({ "sh", "-c", "kill -XFSZ $$" }, { name = "sh" }))
    _, err = pcall(console.expect, console, "never", 10)
    assert.matches("^sh ended with SIGXFSZ %(a file grew", err.what)
  end)
end)
