-- symmetric and vhost_pair: which wrong numbers end a case, and when the guest's ports count as quiet. The
-- numbers were captured: two processes, two ports of two queues.

local engine = require "engine"

local check = require "case.check"
local numbers = require "specs.symmetric_numbers"
local symmetric = require "kit.symmetric"
local vhost_pair = require "kit.vhost_pair"
local printed, sent = numbers.processes, numbers.testpmd

-- Seconds between two tries of t:eventually, on the spec's clock.
local STEP = 0.25
local now, real_now = 0, engine.now

-- A case as far as these need one.
local function new_t()
  local t = check.new { record = function() end, clock = function() return 0 end }
  return setmetatable({ checks = t, value = function() end, note = function() end, eventually = function(_, _, fn)
    local looks = 1
    while not fn() do looks, now = looks + 1, now + STEP end
    return looks
  end }, { __index = function(_, name)
    return function(_, ...) return t[name](t, ...) end
  end })
end

-- Their rings differ: each port may lose its own.
local RINGS = { [0] = 1024, [1] = 256 }

local function counted()
  return {
    [0] = { rx_good_packets = 1090816, tx_good_packets = 512, rx_q0_good_packets = 629568, tx_q0_good_packets = 256,
      rx_q1_good_packets = 461248, tx_q1_good_packets = 256 },
    [1] = { rx_good_packets = 232064, tx_good_packets = 512, rx_q0_good_packets = 205152, tx_q0_good_packets = 256,
      rx_q1_good_packets = 26912, tx_q1_good_packets = 256 },
  }
end

describe("symmetric.check", function()
  it("passes what was captured", function()
    local t = new_t()
    symmetric.check(t, printed(), sent(), counted(), RINGS)
    assert.equal(9, t.checks:count())
  end)

  it("passes with a ring lost while the port started", function()
    local s = sent()
    s[0].tx_packets, s[0].queues[0].tx = 1090816 + 1024, 629568 + 1024
    symmetric.check(new_t(), printed(), s, counted(), RINGS)
    assert.is_false(pcall(symmetric.check, new_t(), printed(), s, counted()))
  end)

  local function swap(record)
    record.tx, record.drop = record.drop, record.tx
  end
  -- each but the first two obeys RX(port) = TX(peer) + Drop(peer)
  local wrong = {
    { "a packet too many", function(all) all[1].stats[1].rx = 205153 end, "symmetric_mp%-0.log at 27.1 s%), port 1 and its peer 0" },
    { "nothing received", function(all) all[2].stats[1].rx = 0 end, "symmetric_mp%-1 received on port 1" },
    { "TX and Drop swapped on one port", function(all) swap(all[2].stats[1]) end, "symmetric_mp%-1 %b(), port 1, queue 1: TX is not" },
    { "TX and Drop swapped in one process", function(all) swap(all[1].stats[0]) swap(all[1].stats[1]) end,
      "symmetric_mp%-0 %b(), port 0, queue 0: TX is not.*expected {rx = 629568, tx = 256}, got {drop = 256, rx = 629568, tx = 204896}" },
    { "two processes' numbers swapped", function(all) all[1].stats, all[2].stats = all[2].stats, all[1].stats end,
      "symmetric_mp%-0 %b(), port 0, queue 0: RX is not.*expected {rx = 629568, tx = 256}, got {drop = 26656, rx = 461248, tx = 256}" },
    { "the ports swapped", function(all) local s = all[2].stats s[0], s[1] = s[1], s[0] end, "symmetric_mp%-1 %b(), port 0" },
    { "all counters of a process doubled", function(all)
      for _, record in pairs(all[2].stats) do
        for name, n in pairs(record) do record[name] = 2 * n end
      end
    end, "symmetric_mp%-1 %b(), port 0, queue 1: RX is not" },
    { "a process missing", function(all) all[2] = nil end, "port 0, queue 1: it is no process's" },
    { "packets that nobody sent", function(_, s) s[1].tx_packets, s[1].queues[1].tx = 232063, 26911 end,
      "symmetric_mp%-1 %b(), port 1: RX is not what was sent to queue 1" },
    { "more than the larger ring lost", function(_, s) s[0].tx_packets, s[0].queues[0].tx = 1090816 + 1025, 629568 + 1025 end,
      "symmetric_mp%-0 %b(), port 0: RX is not what was sent to queue 0" },
    { "more than a ring lost", function(_, s) s[1].tx_packets, s[1].queues[1].tx = 232064 + 257, 26912 + 257 end,
      "symmetric_mp%-1 %b(), port 1: RX is not what was sent to queue 1" },
  }
  for _, case in ipairs(wrong) do
    it("ends with " .. case[1], function()
      local all, s = printed(), sent()
      case[2](all, s)
      local ok, err = pcall(symmetric.check, new_t(), all, s, counted(), RINGS)
      assert.is_false(ok)
      assert.equal("check", err.kind)
      assert.matches(case[3], tostring(err))
    end)
  end
end)

describe("vhost_pair.rings", function()
  it("are as large as QEMU made them, whatever was asked for", function()
    local size = { ["/machine/peripheral/nic0/virtio-backend"] = 1024, ["/machine/peripheral/nic1/virtio-backend"] = 512 }
    local vm = { qmp = { execute = function(_, command, asked)
      assert.same({ "x-query-virtio-vhost-queue-status", 0 }, { command, asked.queue })
      return { num = size[asked.path] }
    end } }
    assert.same({ [0] = 1024, [1] = 512 }, vhost_pair.rings(vm))
  end)
end)

describe("vhost_pair.wait_until_quiet", function()
  -- A guest whose telemetry gives these one after the other, and then the last for ever: { rx, tx }.
  local looked
  local function guest(looks)
    local n = 0
    looked = 0
    return { telemetry = function()
      return { ports = function() n, looked = math.min(n + 1, #looks), looked + 1 return { 0 } end, close = function() end,
        extended = function() return { rx_good_packets = looks[n][1], tx_good_packets = looks[n][2] } end }
    end }
  end

  local function settle(looks)
    now = 0
    engine.now = function() return now end
    finally(function() engine.now = real_now end)
    return vhost_pair.wait_until_quiet(new_t(), guest(looks), { [0] = { tx_packets = 100 } })[0], looked
  end

  it("ends where all was received and two looks are the same", function()
    local last, n = settle { { 40, 1 }, { 40, 1 }, { 100, 1 }, { 100, 2 }, { 100, 2 } }
    assert.same({ 100, 2 }, { last.rx_good_packets, last.tx_good_packets })
    assert.equal(5, n)
  end)

  it("waits for longer where packets are missing", function()
    local last, n = settle { { 40, 1 }, { 50, 1 }, { 90, 1 } }
    assert.equal(90, last.rx_good_packets)
    -- two that are the same are not enough then: the third is the last new one, a step after the second; 1 s without news
    assert.equal(3 + 1 / STEP, n)
    assert.equal(STEP + 1, now)
  end)
end)
