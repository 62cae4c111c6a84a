-- offer: what Tab does at the terminal with the texts that may stand for a word.

local offer = require "repl.offer"

local function answer(line, candidates, again)
  return offer.answer({ from = line:find "[^ ]*$", candidates = candidates }, line, #line, again)
end

describe("what Tab does", function()
  it("puts in what is the only one, also over what was typed", function()
    assert.same({ from = 3, text = "stop", is_open = false }, answer("x sto", { "stop" }))
    assert.same({ from = 1, text = "set_fwd", is_open = false }, answer("SET_FWD_", { "set_fwd" }))
    assert.same({ from = 1, text = "stop", is_open = false }, answer("stop", { "stop" }, true))
  end)

  it("puts in what several share, and lists them the next time", function()
    local several = { "start", "stop", "staple" }
    assert.same({ from = 1, text = "st", is_open = true }, answer("s", several))
    assert.same({ from = 1, text = "st", is_open = true }, answer("s", several, true))
    assert.same({ from = 1, text = "st", is_open = true }, answer("st", several))
    assert.same({ from = 1, text = "st", is_open = true, list = "start   stop    staple\n" }, answer("st", several, true))
    -- what they share may be shorter than what was typed
    assert.same({ from = 1, text = "ST", is_open = true }, answer("ST", { "a", "b" }))
  end)

  it("never cuts a character", function()
    assert.equal("gr", answer("g", { "grö", "grü" }).text)
    assert.equal("ö", answer("", { "ö", "ö€" }).text)
  end)

  it("is nothing where nothing fits", function()
    assert.is_nil(answer("x", {}))
    assert.is_nil(offer.answer({ from = 0, candidates = { "x" } }, "x", 1))
  end)
end)

describe("columns", function()
  it("hold a screenful", function()
    local words = { "w1", "w2", "w3", "w4", "w5", "ü" }
    assert.equal("w1  w3  w5\nw2  w4  ü\n", offer.columns(words, 10, 10))
    assert.equal("w1\nw2\nw3\nand 3 more\n", offer.columns(words, 3, 4))
    assert.equal("w1\nand 5 more\n", offer.columns(words, 0, 1))
  end)
end)
