local terminal = require "terminal"

local function new(options)
  local out = {}
  local env = options.env or {}
  local t = terminal.new { tty = options.tty, width = options.width,
    env = function(name) return env[name] end, write = function(s) out[#out + 1] = s end }
  return t, function() return table.concat(out) end
end

describe("terminal", function()
  it("writes plain lines on a pipe, and no progress", function()
    local t, said = new { tty = false }
    t:status "building"
    t:line(t:verdict("PASS") .. " " .. t:colour("red", "x"))
    assert.equal("PASS x\n", said())
  end)

  it("rewrites the status line on a terminal", function()
    local t, said = new { tty = true }
    t:status "one"
    t:status "two"
    t:line "done"
    t:line "more"
    assert.equal("\r\27[Kone\r\27[Ktwo\r\27[Kdone\nmore\n", said())
  end)

  it("colours on a terminal only, and not against NO_COLOR or TERM=dumb", function()
    assert.equal("\27[32mPASS\27[0m", new({ tty = true }):verdict "PASS")
    assert.equal("\27[31mFAIL \27[0m", new({ tty = true }):verdict("FAIL", 5))
    assert.equal("PASS", new({ tty = true, env = { NO_COLOR = "1" } }):verdict "PASS")
    assert.equal("\27[32mPASS\27[0m", new({ tty = true, env = { NO_COLOR = "" } }):verdict "PASS")
    local t, said = new { tty = true, env = { TERM = "dumb" } }
    t:status "x"
    assert.equal("PASS", t:verdict "PASS")
    assert.equal("", said())
  end)

  it("keeps a status on one line of the width, whatever it says", function()
    local t, said = new { tty = true, width = 6 }
    t:status("ä\r\n\27[2J€€€€€")
    assert.equal("\r\27[Kä   [", said())
  end)

  it("asks for the width each time, where it may change", function()
    local columns = 4
    local t, said = new { tty = true, width = function() return columns end }
    t:status "abcdefgh"
    columns = 6
    t:status "abcdefgh"
    assert.equal("\r\27[Kabc\r\27[Kabcde", said())
  end)

  it("breaks a paragraph between words, on a terminal", function()
    local t, said = new { tty = true, width = 20 }
    t:paragraph("  note: ", "one two three four averyveryverylongword five")
    assert.equal("  note: one two\n        three four\n        averyveryverylongword\n        five\n", said())
    t, said = new { tty = false, width = 20 }
    t:paragraph("  note: ", "one two three four five six")
    assert.equal("  note: one two three four five six\n", said())
  end)

  it("refuses unknown colours and options", function()
    local t = new { tty = true }
    assert.has_error(function() t:colour("mauve", "x") end)
    assert.has_error(function() terminal.new { write = print, colour = true } end)
    assert.equal("WHAT", t:verdict "WHAT")
  end)
end)
