-- The REPL as a person uses it, at a terminal.

local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

describe("the REPL at a terminal", function()
  it("says who it is, answers, and ends with Ctrl-D", function()
    local rig = moonrig.new()
    local window = terminal_window.open { env = { "TMPDIR=" .. rig.tmp, "HOME=" .. rig.work } }
    finally(function()
      window:close()
      rig:remove()
    end)
    window:type_line "moonrig repl"
    local screen = window:await_last_line "moonrig> "
    assert.matches("\nmoonrig %d[%d.]*%. `t` is a case", screen)
    window:type_line "1+1"
    screen = window:await "moonrig> 1+1\n2\nmoonrig>"
    assert.is_nil(screen:find("stack traceback", 1, true))
    window:press "C-d"
    window:await_shell()
    assert.equal(0, window:exit_status())
    assert.equal("", rig:leftovers())
  end)
end)

describe("a terminal of these specs", function()
  it("is not left behind, whatever its spec does", function()
    local rig = moonrig.new()
    local spec = rig:write("fails_spec.lua", [[
      local terminal_window = require "specs.terminal_window"
      it("fails with its window open", function()
        terminal_window.open():type_line "sleep 100"
        error "this spec fails"
      end)]])
    local _, out = rig:call { "_lua", moonrig.SPECS, spec }
    assert.matches("this spec fails", out)
    assert.equal("", rig:leftovers())
    rig:remove()
  end)

  it("says what was awaited, and what was there", function()
    local window = terminal_window.open()
    finally(function() window:close() end)
    window:type_line "echo here"
    local ok, err = pcall(window.await, window, "nowhere", 0.2)
    assert.is_false(ok)
    assert.matches('"nowhere"', err)
    assert.matches("shell: echo", err)
  end)
end)
