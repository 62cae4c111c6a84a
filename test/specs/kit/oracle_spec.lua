-- Laws, and the ways to break them.

local oracle = require "kit.oracle"
local parse = require "dpdk.parse"
local breaks = require("specs.helper").breaks

-- the plan's own sample
local function plan()
  return { [0] = { rx = 27511680, tx = 256, drop = 27499168 },
    [1] = { rx = 27499424, tx = 256, drop = 27511424 } }
end

describe("oracle.conservation", function()
  it("holds for the plan's numbers, strictly", function()
    local ok, seen = oracle.conservation(plan(), { [0] = 1, [1] = 0 }, 0)
    assert.is_true(ok)
    assert.same({ rx = 27511680, tx_and_drop = 27511680, in_flight = 0 }, seen[0])
  end)

  it("holds over a wrap of any of the counters", function()
    local top = 2 ^ 32
    assert.is_true(oracle.conservation { [0] = { rx = 5, tx = 0, drop = 0 },
      [1] = { rx = 0, tx = 10, drop = top - 5 } })
    assert.is_true(oracle.conservation { [0] = { rx = top - 1, tx = 0, drop = 0 },
      [1] = { rx = 0, tx = top - 1, drop = 0 } })
    -- received wrapped to 4 with 16 of them in flight
    local ok, seen = oracle.conservation { [0] = { rx = 4, tx = 0, drop = 0 },
      [1] = { rx = 0, tx = 256, drop = top - 268 } }
    assert.is_true(ok)
    assert.equal(16, seen[0].in_flight)
  end)

  it("allows one burst in flight on one port, as symmetric_mp really prints", function()
    -- captured: SIGINT came between the two counts of lcore_main
    local stats = parse.symmetric_stats("Port 0: RX - 27185920, TX - 27185888, Drop - 0\r\n"
      .. "Port 1: RX - 27185888, TX - 27185888, Drop - 0\r\n")
    local ok, seen = oracle.conservation(stats)
    assert.is_true(ok)
    assert.equal(32, seen[0].in_flight)
    local err = breaks("port 0 and its peer 1", oracle.conservation(stats, nil, 0))
    assert.same({ 27185888, 27185920 }, { err.expected, err.got })
  end)

  local sabotage = {
    { "more than a burst missing", function(s) s[0].rx = s[0].rx + 33 end, "port 0 and its peer 1" },
    { "one packet sent that never came", function(s) s[1].tx = 257 end, "port 0 and its peer 1" },
    { "one packet lost from RX", function(s) s[1].rx = s[1].rx - 1 end, "port 1 and its peer 0" },
    { "bursts in flight on two ports", function(s) s[0].rx = s[0].rx + 32 s[1].rx = s[1].rx + 1 end,
      "a second port" },
    { "RX of 0", function(s) s[0].rx = 0 end, "port 0 and its peer 1" },
    { "the ports' drops swapped", function(s) s[0].drop, s[1].drop = s[1].drop, s[0].drop end, "peer" },
    { "a port missing", function(s) s[1] = nil end, "its peer has no statistics" },
    { "a counter missing", function(s) s[0].tx = nil end, "no 32-bit counters" },
    { "a counter of nan", function(s) s[0].tx = 0 / 0 end, "no 32-bit counters" },
    { "a negative counter", function(s) s[1].drop = -1 end, "no 32-bit counters" },
    { "a counter of 2^32", function(s) s[1].drop = 2 ^ 32 end, "no 32-bit counters" },
    { "a fraction", function(s) s[1].drop = 0.5 end, "no 32-bit counters" },
    { "no ports", function(s) s[0], s[1] = nil, nil end, "no port" },
  }
  for _, case in ipairs(sabotage) do
    it("breaks with " .. case[1], function()
      local stats = plan()
      case[2](stats)
      breaks(case[3], oracle.conservation(stats))
    end)
  end

  it("breaks without statistics", function()
    breaks("no port", oracle.conservation(nil))
    breaks("no port", oracle.conservation "Port 0: RX - 1")
  end)

  it("pairs neighbours in order, whatever their ids", function()
    local r = { rx = 7, tx = 3, drop = 4 }
    assert.is_true(oracle.conservation { [2] = r, [5] = r, [6] = r, [9] = r })
    breaks("its peer has no statistics", oracle.conservation { [2] = r, [5] = r, [6] = r })
  end)
end)

describe("oracle.conservation_all", function()
  it("names the process", function()
    local bad = plan()
    bad[1].rx = 1
    assert.is_true(oracle.conservation_all { plan(), plan() })
    breaks("secondary, port 1", oracle.conservation_all {
      { name = "primary", stats = plan() }, { name = "secondary", stats = bad } })
    breaks("process 2", oracle.conservation_all { plan(), bad })
  end)

  it("breaks where a process is missing or has other ports", function()
    local other = { [2] = plan()[0], [3] = plan()[1] }
    breaks("none given", oracle.conservation_all {})
    breaks("other ports", oracle.conservation_all { plan(), other })
  end)
end)

describe("oracle.received", function()
  it("wants packets on every port", function()
    assert.is_true(oracle.received(plan()))
    assert.is_true(oracle.received { [0] = { rx_packets = 1 }, [1] = { rx_packets = 2 } })
    local stats = plan()
    stats[1].rx = 0
    local err = breaks("received nothing", oracle.received(stats))
    assert.equal("port 1", err.where)
    stats[1].rx = 0 / 0
    breaks("received nothing", oracle.received(stats))
    stats[1] = nil
    breaks("ports missing", oracle.received(stats))
    breaks("ports missing", oracle.received {})
    breaks("ports missing", oracle.received(nil))
  end)
end)

describe("oracle on device lists", function()
  local function list(text) return assert(parse.device_list("list all etherdev\n" .. text)) end
  local both = list "0\ta\n1\tb\n"

  it("compares lists as sets, port ids included", function()
    assert.is_true(oracle.same_devices { primary = both, secondary = list "1\tb\n0\ta\n" })
    breaks("other devices", oracle.same_devices { p = both, s = list "0\tb\n1\ta\n" })
    breaks("other devices", oracle.same_devices { p = both, s = list "1\tb\n" })
    breaks("other devices", oracle.same_devices { p = both, s = list "" })
    breaks("nothing to compare", oracle.same_devices { p = both })
  end)

  it("sees what is gone and what is there, in one list or all", function()
    local one = list "1\tb\n"
    assert.is_true(oracle.gone(one, "a"))
    assert.is_true(oracle.gone({ p = one, s = one }, "a"))
    breaks('"s"', oracle.gone({ p = one, s = both }, "a"))
    assert.is_true(oracle.present({ p = both, s = both }, "a", 0))
    breaks("is missing", oracle.present({ p = both, s = one }, "a"))
    local err = breaks("another port id", oracle.present(list "2\ta\n", "a", 0))
    assert.same({ 0, 2 }, { err.expected, err.got })
    breaks("none given", oracle.gone({}, "a"))
    breaks("none given", oracle.present({}, "a"))
  end)
end)

describe("oracle.in_equals_out", function()
  local sent = { [0] = { tx_packets = 33280 }, [1] = { tx_packets = 256 } }

  it("compares port by port, across where told", function()
    assert.is_true(oracle.in_equals_out(sent, { [0] = { rx_packets = 33280 }, [1] = { rx_packets = 256 } }))
    local crossed = { [1] = { rx_packets = 33280 }, [0] = { rx_packets = 256 } }
    assert.is_true(oracle.in_equals_out(sent, crossed, { [0] = 1, [1] = 0 }))
    breaks("received is not what was sent", oracle.in_equals_out(sent, crossed))
  end)

  it("is not content with nothing", function()
    local none = { [0] = { tx_packets = 0, rx_packets = 0 } }
    breaks("nothing was sent", oracle.in_equals_out(none, none))
    breaks("no port", oracle.in_equals_out({}, {}))
    breaks("received is not", oracle.in_equals_out(sent, {}))
    breaks("received is not", oracle.in_equals_out(sent, sent, {}))
  end)
end)
