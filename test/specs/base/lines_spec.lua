-- Lines of text as programs print them, a great many of them, too.

local lines = require "base.lines"

describe("lines.split", function()
  it("takes prompts, blanks and carriage returns away", function()
    local list = lines.split("testpmd> example> testpmd>  a \tb \r\r\n\r\nexample>c")
    assert.same({ { n = 1, text = "a \tb", whole = true }, { n = 2, text = "", whole = true },
      { n = 3, text = "c", whole = false } }, list)
  end)

  it("leaves a prompt inside a line", function()
    assert.equal("a testpmd> b", lines.split("a testpmd> b")[1].text)
  end)

  it("takes a million prompts away at once: one by one it would take an hour", function()
    assert.equal("x", lines.split(("testpmd> "):rep(1000000) .. "x")[1].text)
  end)
end)

describe("lines.last", function()
  it("gives the last lines that say something", function()
    assert.equal("c\nd", lines.last("a\nb\n\nc\n\n\nd\n\n", 2))
    assert.equal("a", lines.last("a", 5))
    assert.equal("", lines.last("\n\n", 5))
  end)

  it("finds them behind a megabyte of others", function()
    assert.equal("x\ny", lines.last(("I: installing a package\n"):rep(50000) .. "x\ny\n", 2))
  end)
end)
