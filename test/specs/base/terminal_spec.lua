local terminal = require "base.terminal"

local function new(options)
  local out = {}
  local env = options.env or {}
  local t = terminal.new { tty = options.tty, width = options.width, height = options.height,
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
    assert.equal("one\n\r\27[2K\27[1A\27[2Ktwo\n\r\27[2K\27[1A\27[2Kdone\nmore\n", said())
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
    assert.equal("ä  ??\n", said())
  end)

  it("keeps a block below the lines, which a narrower window has broken in several", function()
    local columns = 8
    local t, said = new { tty = true, width = function() return columns end, height = 7 }
    t:block { "one", { "a longer one", colour = "dim" }, "three" }
    t:line "stays"
    local block = "one\n\27[2ma longe\27[0m\nthree\n"
    assert.equal(block .. "\r\27[2K\27[1A\27[2K\27[1A\27[2K\27[1A\27[2Kstays\n" .. block, said())
    columns = 4
    t:block { "x" }
    -- its first line has one row, the others two
    assert.matches("three\n\r\27[2K\27[1A\27[2K\27[1A\27[2K\27[1A\27[2K\27[1A\27[2K\27[1A\27[2Kx\n", said(), 1, true)
    t:block {}
    t:line "end"
    assert.equal("x\n\r\27[2K\27[1A\27[2Kend\n", said():sub(-19))
  end)

  it("draws a block that is the same once", function()
    local t, said = new { tty = true }
    t:block { "one" }
    t:block { "one" }
    assert.equal("one\n", said())
  end)

  it("shows no more of a block than there is room for", function()
    local t, said = new { tty = true, height = 4 }
    t:block { "one", "two", "three" }
    assert.equal("one\ntwo\n", said())
  end)

  it("has no block on a pipe", function()
    local t, said = new { tty = false }
    t:block { "one" }
    t:line "stays"
    t:clear()
    assert.equal("stays\n", said())
  end)

  it("asks for the width each time, where it may change", function()
    local columns = 4
    local t, said = new { tty = true, width = function() return columns end }
    t:status "abcdefgh"
    columns = 6
    t:status "abcdefgh"
    assert.equal("abc\n\r\27[2K\27[1A\27[2Kabcde\n", said())
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
