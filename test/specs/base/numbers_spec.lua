-- numbers: what an option's text may be.

local numbers = require "base.numbers"

describe("numbers.whole", function()
  it("takes a number or the word, and nothing else", function()
    local jobs = numbers.whole("-j", 1, 256, "auto")
    assert.equal(3, jobs "3")
    assert.equal("auto", jobs "auto")
    for _, text in ipairs { "0", "-1", "1.5", "many", "", "1000" } do
      local n, why = jobs(text)
      assert.is_nil(n)
      assert.equal(("-j is a whole number from 1 to 256, or auto, not %q"):format(text), why)
    end
  end)

  it("takes no word where it has none", function()
    local n, why = numbers.whole("-n", 1, 9) "auto"
    assert.is_nil(n)
    assert.equal('-n is a whole number from 1 to 9, not "auto"', why)
  end)
end)
