-- bytes: the first difference of two strings.

local bytes = require "base.bytes"

describe("bytes.difference", function()
  local frame = "\1\2\3\4\5\6\7\8\9\10\11\12\8\0E\0\0.\0\0"

  it("has the offset of the first difference, and the bytes from there on in hex", function()
    assert.equal('expected 20 bytes, got 20; first difference at offset 12 (0xc): '
      .. 'expected 08 00 45 00 00 2e 00 00 "\\x08\\x00E\\x00\\x00.\\x00\\x00", '
      .. 'got 86 dd 60 00 00 2e 00 00 "\\x86\\xDD`\\x00\\x00.\\x00\\x00"',
      bytes.difference(frame:sub(1, 12) .. "\134\221`" .. frame:sub(16), frame))
  end)

  it("is found at the beginning, at the end, behind the end of one, in megabytes", function()
    local big = ("x"):rep(3e6)
    for _, one in ipairs {
      { "\0", "\1", "got 1; first difference at offset 0 (0x0): expected 01 \"\\x01\", got 00 \"\\x00\"" },
      { frame, frame:sub(1, -2), "expected 19 bytes, got 20; first difference at offset 19 (0x13): expected its end, got 00" },
      { "", frame, "first difference at offset 0 (0x0): expected 01 02 03 04 05 06 07 08 \"\\x01" },
      { frame, "", "expected its end, got 01 02" },
      { big .. "y", big .. "z", "at offset 3000000 (0x2dc6c0): expected 7a \"z\", got 79 \"y\"" },
      { big:sub(1, 4096) .. "a\n", big:sub(1, 4096) .. "ab", "at offset 4097 (0x1001): expected 62 \"b\", got 0a \"\\n\"" },
      { "caf\233", "caf\195\169", "at offset 3 (0x3): expected c3 a9 \"é\", got e9 \"\\xE9\"" },
    } do
      assert.matches(one[3], bytes.difference(one[1], one[2]), 1, true)
    end
  end)

  it("is none for short texts, other values, and what is the same", function()
    for _, one in ipairs { { "up", "down" }, { "one\ntwo", "one" }, { "é", "e" }, { 1, 2 }, { nil, "\0" }, { "\0", 5 },
      { frame, frame }, { {}, "\0" } } do
      assert.is_nil(bytes.difference(one[1], one[2]))
    end
  end)
end)
