-- passthrough: consoles for a terminal.

local engine = require "engine"

local passthrough = require "repl.passthrough"

local function machine(serial)
  return { node = engine.here(), serial = { name = function() return serial end } }
end

describe("a shell for a terminal", function()
  local was = os.getenv "SHELL"

  before_each(function() engine.sys.setenv("SHELL", "/bin/sh") end)

  -- one that is left would be every later spec's
  after_each(function()
    engine.sys.setenv("SHELL", was or "")
    assert(engine.close_all(30))
  end)

  -- of a shell that edits no line itself, all that is seen is the terminal's own echo
  it("shows what is typed, and has the terminal's size", function()
    local ctx = { machines = { machine "serial" } }
    local console = assert(passthrough.find(ctx, "shell", { rows = 31, columns = 97 }))
    console:type "stty size #typed\n"
    assert(console:expect("#typed", 10))
    assert(console:expect("31 97", 10))
    console:type "exit\n"
    assert(console:await_exit(10))
    console:close(5)
  end)

  it("is offered where there is a guest", function()
    local console, why = passthrough.find({ machines = { {}, machine "serial" } }, "shel", {})
    assert.is_nil(console)
    assert.matches("no console shel %(did you mean shell%?%)", why)
    assert.is_nil(select(2, passthrough.find({ machines = {} }, "shel", {})):find("mean shell", 1, true))
  end)
end)
