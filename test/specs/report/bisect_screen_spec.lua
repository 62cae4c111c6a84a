-- bisect_screen: what a person reads while a bisection builds and decides.

local bisect_screen = require "report.bisect_screen"
local terminal = require "base.terminal"

-- A screen on a pipe or a terminal, with a clock of its own, and all that it wrote.
local function opened(tty)
  local out, clock = {}, { time = 0 }
  local term = terminal.new { tty = tty, write = function(text) out[#out + 1] = text end, width = 120 }
  return bisect_screen.new(term, function() return clock.time end), clock, function() return table.concat(out) end
end

local TEST = { short = "1a2b3c4", subject = "net/vhost: \27[2Jx", answers = { "good" }, verdict = "good",
  build_seconds = 240, run_seconds = 9 }

describe("the screen of a bisection", function()
  it("prints a line of the build a minute on a pipe", function()
    local shows, clock, text = opened(false)
    shows:begin(TEST)
    for second = 1, 130 do
      clock.time = second
      shows:line(("[%d/700] cc x.c"):format(second))
    end
    assert.equal("          1a2b3c4 net/vhost: x\n      builds, 60 s: [60/700] cc x.c\n      builds, 2 min: [120/700] cc x.c\n",
      (text():gsub("\27%[2J", "")))
  end)

  it("shows the last line of the build on a terminal, until it is over", function()
    local shows, _, text = opened(true)
    shows:begin(TEST)
    shows:line "[1/700] cc x.c"
    assert.matches("builds, 0 s: %[1/700%] cc x.c", text())
  end)

  it("estimates the rest by the tests but the first, which built everything", function()
    local shows, _, text = opened(false)
    local first = { verdict = "bad", build_seconds = 6000, run_seconds = 10 }
    shows:step({ left = 12, steps = 4 }, { tests = { first } })
    assert.equal("12 revisions left after the next, about 4 more steps\n", text())
    shows:step({ left = 1, steps = 1 }, { tests = { first, TEST, TEST } })
    assert.matches("\n1 revision left after the next, about 1 more step, about 8 min\n$", text())
  end)

  it("prints what a terminal does not obey", function()
    local shows, _, text = opened(false)
    shows:begin(TEST)
    assert.is_nil(text():find("\27", 1, true))
  end)
end)
