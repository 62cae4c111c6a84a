-- pretty: what the prompt shows of a value.

local engine = require "engine"

local options = require "base.options"
local pretty = require "repl.pretty"

for _, name in ipairs { "case.case", "dpdk.testpmd", "vm.vm" } do require(name) end

local function shown(value, width, most) return table.concat(pretty.lines(value, width, most), "\n") end

describe("a number", function()
  it("has the unit of its name", function()
    local cases = {
      rx_packets = { 1426336, "1,426,336 packets" }, rx_bytes = { 91285504, "91,285,504 bytes (87.1 MiB)" },
      tx_bytes = { 512, "512 bytes" }, boot_seconds = { 3.25, "3.25 s" }, tsc_hz = { 2400000000, "2.4 GHz" },
      rx_bps = { 1500, "1.5 kbit/s" }, tx_pps = { 12345678, "12.3 M packets/s" }, rx_errors = { 1234, "1,234" },
      port = { 1234, "1234" }, total_bytes = { 2 ^ 53, "9,007,199,254,740,992 bytes (8192.0 TiB)" },
    }
    for name, case in pairs(cases) do assert.equal(case[2], pretty.number(case[1], name), name) end
    assert.equal("nan", pretty.number(0 / 0, "rx_bytes"))
    assert.equal("-inf", pretty.number(-math.huge, "rx_packets"))
    assert.equal("-1,234 packets", pretty.number(-1234, "packets"))
    assert.equal("7", pretty.number(7, 1))
  end)

  it("stands alone as it is", function() assert.equal("1426336", shown(1426336)) end)
end)

describe("a short value", function()
  it("is one line", function()
    assert.equal('{1, 2, name = "x", sub = {[0] = true}}', shown { 1, 2, name = "x", sub = { [0] = true } })
    assert.equal("nil", shown(nil))
    assert.equal('"text"', shown "text")
    assert.equal("{}", shown {})
  end)

  it("has its place, if it is a function", function()
    assert.matches("^<function, .*show%.lua:%d+>$", shown(require("base.show").value))
    assert.equal("<function, in C>", shown(print))
  end)
end)

describe("a table", function()
  it("that is long goes over several lines, keys sorted, ports from 0", function()
    assert.equal(table.concat({
      "all =",
      "  rx_bytes = 2,048 bytes (2.0 KiB)",
      "  rx_packets = 32 packets",
      "streams = {}",
      'words = {"a", "b"}',
    }, "\n"), shown { words = { "a", "b" }, all = { rx_packets = 32, rx_bytes = 2048 }, streams = {} })
    assert.equal('[0] = "' .. ("x"):rep(60) .. '"\n[1] = "y"', shown { [0] = ("x"):rep(60), "y" }:gsub("\n%[2%].*", ""))
  end)

  it("of rows that are alike has columns", function()
    local stats = { [0] = { rx_packets = 1426336, tx_packets = 5, link = "up" },
      [1] = { rx_packets = 7, tx_packets = 123456, link = "down" } }
    assert.equal(table.concat({
      "     link  rx_packets  tx_packets",
      "[0]  up     1,426,336           5",
      "[1]  down           7     123,456",
    }, "\n"), shown(stats))
    -- where that is too wide, a column each
    assert.equal(table.concat({
      "                  [0]      [1]",
      "link               up     down",
      "rx_packets  1,426,336        7",
      "tx_packets          5  123,456",
    }, "\n"), shown(stats, 31))
  end)

  it("of rows that differ has none", function()
    local text = shown { { rx_packets = 1426336, a = ("x"):rep(50) }, { rx_packets = 1, b = 2 } }
    assert.matches("rx_packets = 1,426,336 packets", text)
    assert.matches("rx_packets = 1 packets", text)
  end)

  it("inside itself, or too deep, ends", function()
    local loop = { name = ("x"):rep(80) }
    loop.again = loop
    assert.matches("again = <itself>", shown(loop))
    local deep = { name = ("x"):rep(90) }
    for _ = 1, 30 do deep = { name = ("x"):rep(90), deep = deep } end
    assert.matches("{%.%.%.}", shown(deep))
  end)

  it("that is too long is cut, with a hint how to see more", function()
    local long = {}
    for i = 1, 1000 do long[i] = { i } end
    local lines = pretty.lines(long, 80, 10)
    assert.equal(11, #lines)
    assert.matches("cut; for a part of it type _%[1%] or _%.name", lines[11])
    assert.equal(1000, #long)
  end)
end)

describe("text", function()
  it("of several lines is shown as it is, but for what moves the cursor", function()
    assert.equal("one\ntwo", shown "one\ntwo\n")
    assert.equal("one\ntwo", shown "one\r\ntwo")
    assert.equal("\\x1B[2J\n\tx", shown "\27[2J\n\tx")
    assert.matches("print%(_%) shows it whole", shown(("x\n"):rep(500)))
    assert.matches("100,000 bytes in all; print%(_%)", shown(("x"):rep(1e5)))
  end)
end)

describe("an object", function()
  it("is shown by its name and status", function()
    local console = assert(engine.here():spawn({ "cat" }, { name = "serial", pipes = true }))
    local pmd = setmetatable({ console = console }, options.class("testpmd", options.classes.testpmd))
    assert.matches('^console "serial", running, pid %d+$', shown(console))
    assert.matches('^testpmd "serial", running, pid %d+$', shown(pmd))
    assert.matches('pmd = testpmd "serial", running', shown { pmd = pmd })
    assert.matches('^testpmd "serial", running, pid %d+$', pretty.line(pmd, 20))
    assert.matches('^console "serial"', pretty.line(console, 20))
    assert.equal('"123456789... (cut)', pretty.line("1234567890", 10))
    console:eof()
    assert(console:await_exit(30))
    assert.matches('^testpmd "serial", ended with exit status 0$', shown(pmd))
    console:close(5)
    assert.matches('^testpmd "', shown(pmd))
    assert.matches('^node "', shown(engine.here()))
  end)

  it("that is an error reads as one", function()
    local err = engine.error { code = "EIO", op = "the op", what = "it broke", tail = "one\ntwo" }
    assert.equal("the op: it broke; last lines:\none\ntwo", shown(err))
    assert.equal("err = the op: it broke; last lines:\n  one\n  two", shown { err = err })
  end)

  it("that fails when it is looked at is a value all the same", function()
    local bad = setmetatable({}, { __index = error, __tostring = error })
    assert.equal("string", type(shown(bad)))
    assert.equal("string", type(shown { bad }))
    assert.equal("string", type(shown(setmetatable({}, { __metatable = false }))))
  end)
end)
