-- work: the tests' count of work tells linear from quadratic work, and its patterns are Lua's.

local patterns = require "specs.patterns"
local work = require "specs.work"

local function blanks(n) return (" "):rep(n) .. "x" end

-- Does assert_linear refuse it?
local function is_refused(fn, make) return not pcall(work.assert_linear, fn, make, 200) end

describe("work", function()
  it("is the same for the same call", function()
    local function call() return ("a b c"):gsub("%s+", "") .. blanks(100) end
    work.of(call) -- which compiles the pattern
    assert.same(work.of(call), work.of(call))
  end)

  it("is linear in one look at each byte", function()
    work.assert_linear(function(text) return (text:gsub("^%s+", "")) end, blanks, 200)
  end)

  it("is quadratic in a pattern that tries all ways, in bytes that are copied again, in a loop in a loop", function()
    assert.is_true(is_refused(function(text) return text:find "%s+$" end, blanks))
    assert.is_true(is_refused(function(text) return text:match "^%s*(.-)%s*$" end, function(n) return "x" .. blanks(n) end))
    assert.is_true(is_refused(function(text) while text ~= "" do text = text:sub(2) end end, function(n)
      return ("0123456789"):rep(n)
    end))
    assert.is_true(is_refused(function(text)
      local n = 0
      for _ = 1, #text do for _ = 1, #text do n = n + 1 end end
    end, blanks))
  end)

  it("gives string's functions back after an error", function()
    local find = string.find
    assert.has_error(function() work.of(function() error("odd", 0) end) end, "odd")
    assert.equal(find, string.find)
    assert.is_nil((debug.gethook()))
  end)
end)

local TEXTS = { "", "a", "  port 0: rx=12, tx=7\r\n", "[x]-y^$%.", "aaab", "a,b,,c", "x\0y", "testpmd> show\n\ntestpmd> " }
local PATTERNS = { "a", "", "^", "$", "^$", "%s+", "^%s*(.-)%s*$", "(%w+)=(%d+)", "[^,]*", "[%a_][%w_]*", "a-b", "a?a?b", "%]",
  "[]x]", "[^]x]", "%$%%%.$", "(.)(.)", "((.)x)", "%z", "[%z\1-\31]", "[0-9]+%-*", "^testpmd> ?", "^x", "([^\n]*)(\n?)" }

describe("patterns", function()
  for _, text in ipairs(TEXTS) do
    it(("match as Lua's do, in %q"):format(text), function()
      for _, pattern in ipairs(PATTERNS) do
        for _, init in ipairs { 1, 2, 100, -1, -100 } do
          assert.same({ text:find(pattern, init) }, { patterns.find(text, pattern, init) }, pattern)
          assert.same({ text:match(pattern, init) }, { patterns.match(text, pattern, init) }, pattern)
          assert.same({ text:find(pattern, init, true) }, { patterns.find(text, pattern, init, true) }, pattern)
        end
        for _, with in ipairs { "<%0|%1>", function(a) return a == "x" and "y" end, { a = "b" } } do
          assert.same({ text:gsub(pattern, with) }, { patterns.gsub(text, pattern, with) }, pattern)
          assert.same({ text:gsub(pattern, with, 1) }, { patterns.gsub(text, pattern, with, 1) }, pattern)
        end
        local expected, seen = {}, {}
        if pattern:sub(1, 1) ~= "^" then
          for a, b in text:gmatch(pattern) do expected[#expected + 1] = { a, b } end
          for a, b in patterns.gmatch(text, pattern) do seen[#seen + 1] = { a, b } end
        end
        assert.same(expected, seen, pattern)
      end
    end)
  end

  it("refuse what they do not know", function()
    for _, pattern in ipairs { "()", "%b()", "%f[%w]", "(a)%1" } do
      assert.has_error(function() patterns.find("a", pattern) end, nil)
    end
  end)
end)
