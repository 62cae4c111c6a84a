-- The counters that testpmd 22.11 and symmetric_mp print. The samples were captured on a pty.

local helper = require "specs.helper"
local parse = require "dpdk.parse"
local show = require "base.show"
local work = require "specs.work"
local pty, swap, refuses = helper.pty, helper.swap, helper.refuses

local STATS = pty [[
testpmd> show port stats all

  ######################## NIC statistics for port 0  ########################
  RX-packets: 431616     RX-missed: 0          RX-bytes:  0
  RX-errors: 0
  RX-nombuf:  0         
  TX-packets: 7112960    TX-errors: 0          TX-bytes:  0

  Throughput (since last show)
  Rx-pps:       966704          Rx-bps:            0
  Tx-pps:     15931127          Tx-bps:            0
  ############################################################################

  ######################## NIC statistics for port 1  ########################
  RX-packets: 33280      RX-missed: 3          RX-bytes:  2129920
  RX-errors: 1
  RX-nombuf:  2         
  TX-packets: 256        TX-errors: 4          TX-bytes:  16384

  Throughput (since last show)
  Rx-pps:            0          Rx-bps:            0
  Tx-pps:            0          Tx-bps:            0
  ############################################################################
testpmd> ]]

local STOP = pty [[
Telling cores to stop...
Waiting for lcores to finish...

  ------- Forward Stats for RX Port= 0/Queue= 0 -> TX Port= 1/Queue= 0 -------
  RX-packets: 0              TX-packets: 1050848        TX-dropped: 5057632       

  ------- Forward Stats for RX Port= 1/Queue= 0 -> TX Port= 0/Queue= 0 -------
  RX-packets: 0              TX-packets: 1204672        TX-dropped: 22984128      

  ------- Forward Stats for RX Port= 0/Queue= 1 -> TX Port= 1/Queue= 1 -------
  RX-packets: 0              TX-packets: 10784          TX-dropped: 8423872       

  ------- Forward Stats for RX Port= 1/Queue= 1 -> TX Port= 0/Queue= 1 -------
  RX-packets: 0              TX-packets: 11264          TX-dropped: 8112768       

  ---------------------- Forward statistics for port 0  ----------------------
  RX-packets: 0              RX-dropped: 0             RX-total: 0
  TX-packets: 1215936        TX-dropped: 31096896      TX-total: 32312832
  ----------------------------------------------------------------------------

  ---------------------- Forward statistics for port 1  ----------------------
  RX-packets: 0              RX-dropped: 0             RX-total: 0
  TX-packets: 1061632        TX-dropped: 13481504      TX-total: 14543136
  ----------------------------------------------------------------------------

  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++
  RX-packets: 0              RX-dropped: 0             RX-total: 0
  TX-packets: 2277568        TX-dropped: 44578400      TX-total: 46855968
  ++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++

Done.
testpmd> ]]

local EXIT = pty [[
Checking link statusdone
Port 0 Link up at 10 Gbps FDX Fixed
Port 1 Link up at 10 Gbps FDX Fixed
APP: Finished Process Init.
Lcore 0 using ports 0 1 
lcore 0 using queue 0 of each port
^C
Exiting on signal 2

Port 0: RX - 27511680, TX - 256, Drop - 27499168
Port 1: RX - 27499424, TX - 256, Drop - 27511424
]]

-- `line` in a block under `header`: behind each word many blanks or digits, and an end that no pattern takes.
local function assert_linear_line(fn, header, line)
  local tried = 0
  for at in line:gmatch "()%S%f[%s%z]" do
    for _, unit in ipairs { " ", "1" } do
      work.assert_linear(fn, function(n)
        return ("%s\n%s%s%s !\n"):format(header, line:sub(1, at), unit:rep(n), line:sub(at + 1))
      end, 300)
      tried = tried + 1
    end
  end
  assert.is_true(tried >= 4)
end

describe("parse.port_stats", function()
  it("reads what testpmd printed", function()
    local stats = assert(parse.port_stats(STATS))
    assert.same({ rx_packets = 431616, rx_missed = 0, rx_bytes = 0, rx_errors = 0, rx_nombuf = 0,
      tx_packets = 7112960, tx_errors = 0, tx_bytes = 0, rx_pps = 966704, rx_bps = 0,
      tx_pps = 15931127, tx_bps = 0 }, stats[0])
    assert.same({ 33280, 3, 2129920, 1, 2, 256, 4, 16384 }, { stats[1].rx_packets,
      stats[1].rx_missed, stats[1].rx_bytes, stats[1].rx_errors, stats[1].rx_nombuf,
      stats[1].tx_packets, stats[1].tx_errors, stats[1].tx_bytes })
  end)

  it("is not disturbed by logs, events and prompts in between", function()
    local text = swap(STATS, "  RX-errors: 0", "testpmd> EAL: Probe PCI driver: net_virtio\r\n"
      .. "\r\nPort 0: link state change event\r\ntestpmd> testpmd>   RX-errors: 0")
    assert.same(parse.port_stats(STATS), parse.port_stats(text))
  end)

  it("takes a counter of 2^53, and refuses one of more than 64 bits", function()
    local text = swap(STATS, "RX-packets: 431616 ", "RX-packets: 9007199254740992 ")
    assert.equal(2 ^ 53, parse.port_stats(text)[0].rx_packets)
    refuses("larger", parse.port_stats(swap(STATS, "RX-packets: 431616", "RX-packets: 18446744073709551616")))
    refuses("larger", parse.port_stats(swap(STATS, "431616", ("9"):rep(4000))))
  end)

  it("names a counter above 2^53 where it is read, and has its neighbours", function()
    for _, digits in ipairs { "9007199254740993", "9007199254740994", "18446744073709551615", "18446744073709551614" } do
      local port = parse.port_stats(swap(STATS, "RX-packets: 431616", "RX-packets: " .. digits))[0]
      local ok, err = pcall(function() return port.rx_packets > 5 end)
      assert.is_false(ok)
      assert.matches("rx_packets: " .. digits .. " does not fit", tostring(err))
      assert.equal(0, port.rx_errors)
      assert.is_nil(port.no_such_counter)
      assert.matches(digits, show.value(port))
    end
    refuses("a second time", parse.port_stats((swap(STATS, "RX-packets: 431616 ", "RX-packets: 9007199254740993 ")
      :gsub("RX%-packets: [^\n]*\n", "%0%0", 1))))
  end)

  local sabotage = {
    { "a negative counter", "RX-packets: 431616", "RX-packets: -1", "line 4: rx_packets" },
    { "a fraction", "RX-errors: 0", "RX-errors: 0.5", "no counter" },
    { "a word", "RX-errors: 0", "RX-errors: none", "no counter" },
    { "hexadecimal", "RX-errors: 0", "RX-errors: 0x10", "no counter" },
    { "an exponent", "RX-errors: 0", "RX-errors: 1e3", "no counter" },
    { "a line gone", "  RX-errors: 0\r\n", "", "ends without rx_errors" },
    { "a line twice", "RX-errors: 0", "RX-errors: 0\r\n  RX-errors: 0", "rx_errors a second time" },
    { "a line cut", "TX-packets: 7112960    TX-errors: 0          TX-by", "TX-packets: 7112960",
      "cut or garbled" },
    { "a log line inside a line", "TX-packets: 71129", "TX-packets: 71EAL: hello 129", "cut or garbled" },
    { "a prompt inside a line", "TX-packets: 71129", "TX-packets: 71testpmd> 129", "cut or garbled" },
    { "a header gone", "  ######################## NIC statistics for port 0  ########################",
      "", "without the header" },
    { "a header cut", "NIC statistics for port 0  ########################", "NIC statistics for port 0",
      "header" },
    { "an end gone", "  ############################################################################\r\n",
      "", "was not ended" },
    { "an end cut", "  #####################################################", "  ##", "is cut" },
    { "a port twice", "NIC statistics for port 1", "NIC statistics for port 0", "port 0 a second time" },
    { "no such port id", "NIC statistics for port 1", "NIC statistics for port 70000", "larger" },
    { "a port id that is no number", "NIC statistics for port 1", "NIC statistics for port x", "port:" },
  }
  for _, case in ipairs(sabotage) do
    it("refuses " .. case[1], function()
      refuses(case[4], parse.port_stats(swap(STATS, case[2], case[3])))
    end)
  end

  it("refuses every text cut inside, wherever it is cut", function()
    local last = STATS:find("#\r\ntestpmd> $")
    for stop = 1, last - 20 do
      local stats = parse.port_stats(STATS:sub(1, stop))
      -- between the blocks the text is whole, with one port less
      assert.is_true(stats == nil or (stats[1] == nil and stats[0].tx_bps == 0))
    end
  end)

  it("refuses text without statistics, and says what testpmd said", function()
    refuses("no port's statistics", parse.port_stats(""))
    refuses("no text", parse.port_stats(nil))
    refuses("Invalid port 9", parse.port_stats("Invalid port 9\r\nThe valid ports array is [ 0 1 ]\r\n"))
    refuses("no port's statistics", parse.port_stats("\r\n  NIC statistics for port 0 cleared\r\n"))
  end)

  it("does linear work on hostile text", function()
    for _, text in ipairs { "%s", "RX-packets:%s", "%sx", "x%sx" } do
      for _, unit in ipairs { " ", "#", "testpmd> " } do
        work.assert_linear(parse.port_stats, function(n) return text:format(unit:rep(n)) end, 300)
      end
    end
  end)

  it("does linear work on a line that has much in one place", function()
    for _, line in ipairs { "RX-packets: 1  RX-missed: 2  RX-bytes:  3", "TX-errors: 4", "RX-nombuf:  5",
      "TX-packets: 6  TX-errors: 7  TX-bytes:  8", "Rx-pps:  9  Rx-bps:  10", "Tx-pps:  11  Tx-bps:  12" } do
      assert_linear_line(parse.port_stats, "#### NIC statistics for port 0  ####", line)
    end
  end)
end)

-- testpmd 22.11, `set fwd csum`, `stop`; the numbers made different
local CSUM_STOP = [[
Telling cores to stop...
Waiting for lcores to finish...

  ------- Forward Stats for RX Port= 0/Queue= 1 -> TX Port= 1/Queue= 1 -------
  RX-packets: 69536          TX-packets: 69535          TX-dropped: 1               RX- bad IP checksum: 2               ]]
  .. [[Rx- bad L4 checksum: 3              Rx- bad outer L4 checksum: 4
 RX- bad outer IP checksum: 0

  ---------------------- Forward statistics for port 0  ----------------------
  RX-packets: 139072         RX-dropped: 0             RX-total: 139072
  Bad-ipcsum: 5              Bad-l4csum: 6             Bad-outer-l4csum: 7
  Bad-outer-ipcsum: 8
  TX-packets: 139072         TX-dropped: 0             TX-total: 139072
  ----------------------------------------------------------------------------

  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++
  RX-packets: 139072         RX-dropped: 0             RX-total: 139072
  TX-packets: 139072         TX-dropped: 0             TX-total: 139072
  ++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++

Done.
]]

describe("parse.forward_stats", function()
  it("reads ports, sums and streams", function()
    local got = assert(parse.forward_stats(STOP))
    assert.same({ rx_packets = 0, rx_dropped = 0, rx_total = 0, tx_packets = 1061632,
      tx_dropped = 13481504, tx_total = 14543136 }, got.ports[1])
    assert.equal(46855968, got.all.tx_total)
    assert.equal(4, #got.streams)
    assert.same({ rx_port = 1, rx_queue = 1, tx_port = 0, tx_queue = 1, rx_packets = 0,
      tx_packets = 11264, tx_dropped = 8112768 }, got.streams[4])
  end)

  it("reads the counters of `set fwd csum`", function()
    local got = assert(parse.forward_stats(CSUM_STOP))
    assert.same({ { rx_port = 0, rx_queue = 1, tx_port = 1, tx_queue = 1, rx_packets = 69536, tx_packets = 69535,
      tx_dropped = 1, rx_bad_ip_checksum = 2, rx_bad_l4_checksum = 3, rx_bad_outer_l4_checksum = 4 } }, got.streams)
    assert.same({ rx_packets = 139072, rx_dropped = 0, rx_total = 139072, bad_ipcsum = 5, bad_l4csum = 6,
      bad_outer_l4csum = 7, bad_outer_ipcsum = 8, tx_packets = 139072, tx_dropped = 0, tx_total = 139072 }, got.ports[0])
    refuses("cut or garbled", parse.forward_stats(swap(CSUM_STOP, "Rx- bad L4 checksum: 3", "Rx- bad L4 checksum: ")))
    refuses("cut or garbled", parse.forward_stats(swap(CSUM_STOP, "Bad-l4csum: 6", "Bad-l4c")))
  end)

  it("reads numbers that fill their column", function()
    local text = swap(STOP, "TX-dropped: 31096896      TX-total", "TX-dropped: 12345678901234TX-total")
    assert.equal(12345678901234, parse.forward_stats(text).ports[0].tx_dropped)
  end)

  it("does linear work on a line that has much in one place", function()
    local port = "---- Forward statistics for port 0  ----"
    assert_linear_line(parse.forward_stats, port, "RX-packets: 1  RX-dropped: 2  RX-total: 3")
    assert_linear_line(parse.forward_stats, port, "TX-packets: 4  TX-dropped: 5TX-total: 6")
    assert_linear_line(parse.forward_stats, port, "RX-error: 7")
    assert_linear_line(parse.forward_stats, "---- Forward Stats for RX Port= 0/Queue= 0 -> TX Port= 1/Queue= 0 ----",
      "RX-packets: 8  TX-packets: 9  TX-dropped: 10")
  end)

  it("gives a short reason for a long word", function()
    local _, why = parse.forward_stats(swap(STOP, "31096896", ("x"):rep(1000000)))
    assert.is_true(#why < 300)
  end)

  it("refuses a megabyte of blanks in a column, with linear work", function()
    local function garbled(n)
      return swap(STOP, "TX-dropped: 31096896      TX-total", "TX-dropped: " .. (" "):rep(n) .. "x")
    end
    local function wide(n) return swap(STOP, "TX-dropped: 3", "TX-dropped: " .. (" "):rep(n) .. "3") end
    work.assert_linear(parse.forward_stats, garbled, 1000)
    work.assert_linear(parse.forward_stats, wide, 1000)
    refuses("cut or garbled", parse.forward_stats(garbled(1000000)))
    assert.equal(31096896, parse.forward_stats(wide(1000000)).ports[0].tx_dropped)
  end)

  local sabotage = {
    { "a sum gone", "Accumulated", "Acc", "counters without" },
    { "a port twice", "statistics for port 1", "statistics for port 0", "a second time" },
    { "a stream twice", "RX Port= 1/Queue= 0 -> TX Port= 0/Queue= 0", "RX Port= 0/Queue= 0 -> TX Port= 1/Queue= 0",
      "a stream a second time" },
    { "a stream's counters gone", "  RX-packets: 0              TX-packets: 1050848        TX-dropped: 5057632",
      "", "was not ended" },
    { "no such queue", "TX Port= 1/Queue= 0", "TX Port= 1/Queue= 70000", "larger" },
    { "a word in a sum", "TX-total: 46855968", "TX-total: many", "no counter" },
    { "a line gone", "  TX-packets: 2277568        TX-dropped: 44578400      TX-total: 46855968", "",
      "ends without tx_packets" },
  }
  for _, case in ipairs(sabotage) do
    it("refuses " .. case[1], function()
      refuses(case[4], parse.forward_stats(swap(STOP, case[2], case[3])))
    end)
  end

  it("refuses a stop that stopped nothing", function()
    refuses("Packet forwarding not started", parse.forward_stats("Packet forwarding not started\r\n"))
    refuses("no accumulated", parse.forward_stats(STOP:match("^.-%-%-\r\n\r\n  %+") :gsub("  %+$", "")))
  end)
end)

describe("parse.symmetric_stats", function()
  it("reads the plan's numbers", function()
    assert.same({ [0] = { rx = 27511680, tx = 256, drop = 27499168 },
      [1] = { rx = 27499424, tx = 256, drop = 27511424 } }, parse.symmetric_stats(EXIT))
  end)

  it("reads the largest a %u can be, and no more", function()
    assert.equal(4294967295, parse.symmetric_stats(swap(EXIT, "27511680", "4294967295"))[0].rx)
    refuses("line 10: rx", parse.symmetric_stats(swap(EXIT, "27511680", "4294967296")))
  end)

  local sabotage = {
    { "a port twice", "Port 1: RX", "Port 0: RX", "port 0 a second time" },
    { "the statistics twice", EXIT, EXIT .. EXIT, "port 0 a second time" },
    { "a negative", "RX - 27511680", "RX - -1", "no counter" },
    { "a fraction", "RX - 27511680", "RX - 1.5", "no counter" },
    { "nothing for a number", "RX - 27511680", "RX - ", "cut or garbled" },
    { "a line cut in the middle", "TX - 256, Drop - 27499168\r\n", "TX - 2", "cut or garbled" },
    { "a line cut in front", "Port 1: ", "", "cut or garbled" },
    { "a log inside the line", "TX - 256", "TX - EAL: 256", "cut or garbled" },
    { "fields swapped in the text", "RX - 27511680, TX - 256", "TX - 27511680, RX - 256", "cut or garbled" },
    { "a port that is no number", "Port 1: RX", "Port one: RX", "no counter" },
  }
  for _, case in ipairs(sabotage) do
    it("refuses " .. case[1], function()
      refuses(case[4], parse.symmetric_stats(swap(EXIT, case[2], case[3])))
    end)
  end

  it("never reads a number shorter than it was, wherever the text is cut", function()
    for stop = #EXIT - 110, #EXIT - 1 do
      local stats = parse.symmetric_stats(EXIT:sub(1, stop))
      assert.is_true(stats == nil or (stats[1] == nil and stats[0].drop == 27499168), stop)
    end
  end)

  it("refuses an exit that printed nothing", function()
    refuses("no port's statistics", parse.symmetric_stats("\r\nExiting on signal 2\r\n\r\n"))
  end)
end)

describe("parse.queue_counters", function()
  it("takes each queue's packets both ways, and nothing else, from extended statistics", function()
    -- names captured from a virtio port of two queues, and two that testpmd's vhost port has besides
    local xstats = { rx_good_packets = 9, tx_good_packets = 8, rx_q0_good_packets = 629568, rx_q0_good_bytes = 1,
      rx_q0_size_64_packets = 2, rx_q0_errors = 3, tx_q0_good_packets = 256, rx_q1_good_packets = 461248,
      rx_q1_multicast_packets = 4, tx_q1_good_packets = 255, rx_q1_packets = 5, rx_q12_good_packets = 7 }
    assert.same({ [0] = { rx = 629568, tx = 256 }, [1] = { rx = 461248, tx = 255 }, [12] = { rx = 7 } },
      parse.queue_counters(xstats))
    assert.same({}, parse.queue_counters {})
  end)
end)
