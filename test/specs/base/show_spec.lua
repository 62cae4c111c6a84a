local show = require "base.show"
local encoding = require "base.encoding"

describe("show.value", function()
  it("writes numbers to their last digit", function()
    for text, n in pairs { ["9007199254740992"] = 2 ^ 53, ["-1"] = -1, ["0"] = -0, ["0.1"] = 0.1,
      nan = 0 / 0, inf = 1 / 0, ["-inf"] = -1 / 0, ["1e+300"] = 1e300,
      ["0.30000000000000004"] = 0.1 + 0.2 } do
      assert.equal(text, show.value(n))
    end
  end)

  it("quotes strings, hostile ones too", function()
    assert.equal([["a\"b\\c\r\n\t"]], show.value 'a"b\\c\r\n\t')
    assert.equal([["\x00\x1B[31m\x7F"]], show.value "\0\27[31m\127")
    assert.equal([["\xFF\xC0\xAF ä"]], show.value "\255\192\175 ä")
  end)

  it("writes tables with sorted keys on one line", function()
    assert.equal('{1, "two", a = true, b = {}, ["x y"] = 2}',
      show.value { 1, "two", b = {}, a = true, ["x y"] = 2 })
    assert.equal("{[0] = {rx = 1}, [2] = false}", show.value { [0] = { rx = 1 }, [2] = false })
    assert.equal("{[0] = 5, [1] = 6}", show.value { [0] = 5, 6 })
    assert.equal("nil", show.value(nil))
    assert.equal("<function>", show.value(print))
  end)

  it("ends on cycles, depth, size and objects that misbehave", function()
    local t = {}
    t.me = t
    assert.equal("{me = <itself>}", show.value(t))
    local deep = {}
    for _ = 1, 1000 do deep = { deep } end
    assert.is_truthy(show.value(deep):find("{...}", 1, true))
    assert.is_true(#show.value(("x"):rep(1e7)) < 450)
    assert.is_truthy(show.value(("x"):rep(1000), 50):find("%.%.%. %(cut%)$"))
    local many = {}
    for i = 1, 1e5 do many[i] = i end
    assert.is_true(#show.value(many) < 450)
    local bad = setmetatable({}, { __tostring = error, __index = error })
    assert.equal("{}", show.value(bad))
    assert.equal("hm", show.value(setmetatable({}, { __tostring = function() return "hm" end })))
  end)

  it("is not cut inside a character", function()
    local text = show.value(("ä"):rep(100), 20)
    assert.equal(text, encoding.scrub(text))
  end)
end)

describe("utf8.narrow", function()
  it("leaves characters of one column each", function()
    assert.equal("aäß? ?", encoding.narrow "aäß€\7\255")
    -- a wide one, one of four bytes, a mark that has no column, and C1's CSI
    assert.equal("? ? e? [x", encoding.narrow "\228\184\173 \240\159\152\128 e\204\129\194\155[x")
    assert.equal(" \205\176", encoding.narrow "\0\205\176")
  end)
end)

describe("utf8.plain", function()
  it("has no escape sequences", function()
    for bytes, text in pairs { ["\27[1;31mred\27[0m"] = "red", ["\27]0;title\7x"] = "x", ["\27]2;t\27\\x"] = "x",
      ["\27P1$r\27\\x"] = "x", ["\27(B\27=x\27M"] = "x", ["\27[?25lx\27[2J"] = "x", ["x\27"] = "x", ["a\27[12"] = "a12" } do
      assert.equal(text, encoding.plain(bytes))
    end
  end)
end)

describe("utf8.scrub", function()
  it("keeps characters and replaces what is none", function()
    for bytes, text in pairs { ["aä€😀"] = "aä€😀", ["\255"] = "?", ["\195"] = "?", ["\195a"] = "?a",
      ["\192\128"] = "??", ["\237\160\128"] = "???", ["\244\144\128\128"] = "????",
      ["\226\130"] = "??", ["\240\159\152"] = "???", ["\128\128"] = "??" } do
      assert.equal(text, encoding.scrub(bytes, function() return "?" end))
    end
    assert.equal("\239\191\189", encoding.scrub "\255")
  end)

  it("cuts by characters", function()
    assert.equal("äö", encoding.cut("äöü", 2))
    assert.equal("", encoding.cut("ä", 0))
  end)
end)
