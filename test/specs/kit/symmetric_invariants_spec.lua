-- What symmetric_mp prints against what others counted: the driver's queues, testpmd. The numbers were
-- captured: two processes, two ports of two queues.

local oracle = require "kit.oracle"
local numbers = require "specs.symmetric_numbers"
local processes, testpmd = numbers.processes, numbers.testpmd

local TOP = 2 ^ 32

local function telemetry()
  return {
    [0] = { rx_good_packets = 1090816, rx_q0_good_packets = 629568, tx_q0_good_packets = 256,
      rx_q1_good_packets = 461248, tx_q1_good_packets = 256, rx_q1_errors = 0 },
    [1] = { rx_good_packets = 232064, rx_q0_good_packets = 205152, tx_q0_good_packets = 256,
      rx_q1_good_packets = 26912, tx_q1_good_packets = 256, rx_q1_errors = 0 },
  }
end

local function breaks(words, ok, err)
  assert.is_nil(ok)
  assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
  return err
end

describe("oracle.queue_owners", function()
  it("holds for what was captured", function()
    local ok, seen = oracle.queue_owners(processes(), telemetry())
    assert.is_true(ok)
    assert.same({ rx = 461248, tx = 256 }, seen[0][1])
  end)

  it("holds over a wrap of what is printed with 32 bits", function()
    local all, counted = processes(), telemetry()
    counted[1].rx_q0_good_packets = 205152 + 3 * TOP
    counted[0].tx_q1_good_packets = TOP
    all[2].stats[0].tx = 0
    assert.is_true(oracle.queue_owners(all, counted))
  end)

  it("tells TX from Drop, which conservation does not", function()
    local all = processes()
    for port = 0, 1 do
      local record = all[2].stats[port]
      record.tx, record.drop = record.drop, record.tx
    end
    assert.is_true(oracle.conservation_all(all, nil, 0))
    local err = breaks("TX is not what its queue carried", oracle.queue_owners(all, telemetry()))
    assert.equal("symmetric_mp-1 (symmetric_mp-1.log at 26.9 s), port 0, queue 1", err.where)
    assert.same({ rx = 461248, tx = 256 }, err.expected)
    assert.same({ rx = 461248, tx = 26656, drop = 256 }, err.got)
  end)

  local sabotage = {
    { "one packet too many in RX", function(all) all[1].stats[1].rx = 205153 end,
      "symmetric_mp-0.log at 27.1 s), port 1, queue 0: RX is not" },
    { "one packet too few in TX", function(all) all[1].stats[0].tx = 255 end, "port 0, queue 0: TX is not" },
    { "processes swapped", function(all) all[1].stats, all[2].stats = all[2].stats, all[1].stats end, "RX is not" },
    { "the ports of a process swapped", function(all) all[1].stats[0], all[1].stats[1] = all[1].stats[1], all[1].stats[0] end,
      "RX is not" },
    { "a queue that carried nothing", function(all, x) all[2].stats[1].rx, x[1].rx_q1_good_packets = 0, 0 end,
      "port 1, queue 1: its queue carried no RX" },
    { "nothing sent by a queue", function(all, x) all[2].stats[1].tx, x[1].tx_q1_good_packets = 0, 0 end, "carried no TX" },
    { "a queue that is not counted", function(_, x) x[1].rx_q1_good_packets, x[1].tx_q1_good_packets = nil, nil end,
      "symmetric_mp-1.log at 26.9 s), port 1, queue 1: its queue carried no RX (expected \"more than 0\", got nil)" },
    { "a counter of nan", function(_, x) x[0].tx_q0_good_packets = 0 / 0 end, "carried no TX" },
    { "a queue that nobody has", function(_, x) x[0].rx_q2_good_packets = 1 end, "port 0, queue 2: it is no process's" },
    { "a process missing", function(all) all[2] = nil end, "port 0, queue 1: it is no process's" },
    { "two processes on one queue", function(all) all[2].queue = 0 end, "has queue 0, and so has symmetric_mp-0" },
    { "a process whose queue nobody told", function(all) all[2].queue = nil end, "its queue is not given" },
    { "a port missing in a process", function(all) all[1].stats[1] = nil end, "symmetric_mp-0 (symmetric_mp-0.log at 27.1 s): other ports" },
    { "a port missing in telemetry", function(_, x) x[1] = nil end, "other ports" },
    { "statistics missing", function(all) all[1].stats[0].tx = nil end, "no 32-bit counters" },
    { "no telemetry", function(_, x) x[0], x[1] = nil, nil end, "no port in it" },
    { "no processes", function(all) all[1], all[2] = nil, nil end, "none given" },
  }
  for _, case in ipairs(sabotage) do
    it("breaks with " .. case[1], function()
      local all, counted = processes(), telemetry()
      case[2](all, counted)
      breaks(case[3], oracle.queue_owners(all, counted))
    end)
  end

  it("breaks with what is no list, no telemetry", function()
    breaks("none given", oracle.queue_owners(nil, telemetry()))
    breaks("no port", oracle.queue_owners(processes(), nil))
    breaks("other ports", oracle.queue_owners({ 7, "x" }, telemetry()))
    breaks("none given", oracle.sent_is_received(testpmd(), nil))
    breaks("its queue is not given", oracle.queue_owners({ processes()[1].stats }, telemetry()))
  end)
end)

describe("oracle.sent_is_received", function()
  it("holds for what was captured, with and without the queues", function()
    local sent = testpmd()
    local ok, seen = oracle.sent_is_received(sent, processes())
    assert.is_true(ok)
    assert.same({ [0] = { sent = 1090816, received = 1090816 }, [1] = { sent = 232064, received = 232064 } }, seen)
    sent[0].queues, sent[1].queues, sent[0].seen = nil, nil, nil
    assert.is_true(oracle.sent_is_received(sent, processes()))
  end)

  it("holds over a wrap, of one process and of the sum", function()
    local sent, all = testpmd(), processes()
    sent[0].tx_packets, sent[0].queues[0].tx = 1090816 + TOP, 629568 + TOP
    assert.is_true(oracle.sent_is_received(sent, all))
    all[1].stats[1].rx, sent[1].queues[0].tx, sent[1].tx_packets = TOP - 1, TOP - 1, TOP - 1 + 26912
    assert.is_true(oracle.sent_is_received(sent, all))
  end)

  it("lets a queue miss what was in flight, and no more", function()
    local sent, all = testpmd(), processes()
    sent[0].tx_packets, sent[0].queues[0].tx = 1090816 + 256, 629568 + 256
    assert.is_true(oracle.sent_is_received(sent, all, 256))
    breaks("RX is not what was sent to queue 0", oracle.sent_is_received(sent, all, 255))
    breaks("RX is not what was sent to queue 0", oracle.sent_is_received(sent, all))
    sent[0].queues = nil
    assert.is_true(oracle.sent_is_received(sent, all, 128))
    breaks("not what all", oracle.sent_is_received(sent, all, 127))
    -- a port's own ring, where they differ
    assert.is_true(oracle.sent_is_received(sent, all, { [0] = 128 }))
    breaks("not what all", oracle.sent_is_received(sent, all, { [0] = 127, [1] = 256 }))
    breaks("not what all", oracle.sent_is_received(sent, all, { [1] = 256 }))
    -- and never more than was sent
    sent = testpmd()
    sent[0].tx_packets, sent[0].queues[0].tx = 1090815, 629567
    breaks("RX is not what was sent to queue 0", oracle.sent_is_received(sent, all, 256))
    sent[0].queues = nil
    breaks("not what all", oracle.sent_is_received(sent, all, 256))
  end)

  it("is not content with the sum where processes have one another's packets", function()
    local all = processes()
    all[1].stats[1].rx, all[2].stats[1].rx = 205151, 26913
    local err = breaks("RX is not what was sent to queue 0", oracle.sent_is_received(testpmd(), all))
    assert.equal("symmetric_mp-0 (symmetric_mp-0.log at 27.1 s), port 1", err.where)
  end)

  local sabotage = {
    { "one packet lost", function(sent) sent[1].queues, sent[1].tx_packets = nil, 232065 end,
      "port 1 of the sender (testpmd.log at 22.4 s): what was sent is not what all processes received (expected 232065, got 232064)" },
    { "one packet from nowhere", function(sent) sent[0].queues, sent[0].tx_packets = nil, 1090815 end, "not what all" },
    { "queues that do not add up", function(sent) sent[0].tx_packets = 1 end, "not what all" },
    { "a queue that nobody received from", function(sent, all) sent[0].queues[2] = { tx = 5 } sent[0].tx_packets = 1090821 all[1].queue = 0 end,
      "not what all" },
    { "nothing sent, nothing received", function(sent, all) sent[0] = { tx_packets = 0 } all[1].stats[0].rx = 0 all[2].stats[0].rx = 0 end,
      "nothing was sent" },
    { "a sender that does not say", function(sent) sent[0].tx_packets = nil end, "nothing was sent" },
    { "a process missing", function(sent, all) sent[0].queues, all[2] = nil, nil end, "not what all" },
    { "a port missing in a process", function(_, all) all[1].stats[1] = nil end, "other ports" },
    { "a port of the sender missing", function(sent) sent[1] = nil end, "other ports" },
    { "statistics cut", function(_, all) all[1].stats[1].drop = nil end, "no 32-bit counters" },
    { "no ports", function(sent) sent[0], sent[1] = nil, nil end, "no port" },
  }
  for _, case in ipairs(sabotage) do
    it("breaks with " .. case[1], function()
      local sent, all = testpmd(), processes()
      case[2](sent, all)
      breaks(case[3], oracle.sent_is_received(sent, all))
    end)
  end
end)
