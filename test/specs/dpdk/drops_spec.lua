-- drops: packets that no ring took, each once. The texts of releases are in texts_spec.

local drops = require "dpdk.drops"

-- Port 0 is a vhost port. 100 packets of it were not sent, and 7 of port 1.
local function stats(printed, streams)
  return { ports = { [0] = { tx_packets = 50, tx_dropped = printed, tx_total = 50 + printed },
    [1] = { tx_packets = 1, tx_dropped = 7, tx_total = 8 } },
    all = { tx_packets = 51, tx_dropped = printed + 7, tx_total = 58 + printed }, streams = streams or {} }
end

local function is_vhost(port) return port == 0 end

describe("drops.once", function()
  it("halves what a release prints twice", function()
    for _, version in ipairs { "23.11.0", "25.11.4", "26.11.0-rc0" } do
      assert.same(stats(100), drops.once(stats(200), version, is_vhost))
    end
  end)

  it("leaves what is printed once, or by a testpmd of no known version", function()
    for _, version in ipairs { "22.11.11", "23.07.0" } do
      assert.same(stats(200), drops.once(stats(200), version, is_vhost))
    end
    assert.same(stats(200), drops.once(stats(200), nil, is_vhost))
    assert.same(stats(200), drops.once(stats(200), "25.11", function() return false end))
  end)

  it("asks for no driver where nothing was dropped", function()
    local one = stats(0)
    one.ports[1].tx_dropped = 0
    drops.once(one, "25.11", error)
  end)

  it("takes the sum of a port's streams, where testpmd prints them", function()
    local streams = { { tx_port = 0, tx_dropped = 60 }, { tx_port = 1, tx_dropped = 7 }, { tx_port = 0, tx_dropped = 40 } }
    assert.same(stats(100, streams), drops.once(stats(231, streams), "25.11", is_vhost))
  end)
end)

describe("drops.retries", function()
  it("is true of the line that makes testpmd send again", function()
    for line, is_one in pairs { ["set fwd io retry"] = true, [" set  fwd mac retry "] = true, ["set fwd io"] = false,
      ["set burst tx retry num 3"] = false } do
      assert.equal(is_one, drops.retries(line), line)
    end
  end)
end)
