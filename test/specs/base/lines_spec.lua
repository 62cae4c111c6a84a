-- Lines of text as programs print them, a great many of them, too.

local lines = require "base.lines"
local work = require "specs.work"

describe("lines.split", function()
  it("takes prompts, blanks and carriage returns away", function()
    local list = lines.split("testpmd> example> testpmd>  a \tb \r\r\n\r\nexample>c")
    assert.same({ { n = 1, text = "a \tb", whole = true }, { n = 2, text = "", whole = true },
      { n = 3, text = "c", whole = false } }, list)
  end)

  it("leaves a prompt inside a line", function()
    assert.equal("a testpmd> b", lines.split("a testpmd> b")[1].text)
  end)

  it("takes a million prompts away, and copies the text once, not for each of them", function()
    local function prompts(n) return ("testpmd> "):rep(n) .. "x" end
    work.assert_linear(lines.split, prompts, 1000)
    assert.equal("x", lines.split(prompts(1000000))[1].text)
  end)
end)

describe("lines.last", function()
  it("gives the last lines that say something", function()
    assert.equal("c\nd", lines.last("a\nb\n\nc\n\n\nd\n\n", 2))
    assert.equal("a", lines.last("a", 5))
    assert.equal("", lines.last("\n\n", 5))
  end)

  it("finds them behind a megabyte of others", function()
    local function many(n) return ("I: installing a package\n"):rep(n) .. "x\ny\n" end
    work.assert_linear(function(text) return lines.last(text, 2) end, many, 100)
    assert.equal("x\ny", lines.last(many(50000), 2))
  end)
end)
