-- vdev: devargs of virtual devices, by either name of a driver.

local fail = require "base.fail"
local vdev = require "dpdk.vdev"

local HERE = { is_here = function() return true end }

-- The devargs of a vdev, and the sockets that the case owns then.
local function taken(one)
  local owned = {}
  local ctx = { scratch_on = function() return "/scratch" end,
    own_socket = function(_, path) owned[#owned + 1] = path end }
  return vdev.list("testpmd", { one }, ctx, HERE)[1], table.concat(owned, " ")
end

describe("a vdev with a socket", function()
  for name, key in pairs { net_vhost0 = "iface", eth_vhost0 = "iface", net_vhost = "iface", eth_vhost = "iface",
    eth_vhost12 = "iface", net_vhost_a = "iface", net_virtio_user0 = "path", virtio_user0 = "path",
    net_virtio_user = "path", virtio_user_3 = "path" } do
    it("is " .. name .. ", as text or table", function()
      local words = ("%s,%s=/scratch/sock,queues=2"):format(name, key)
      assert.same({ words, "/scratch/sock" }, { taken(("%s,%s=sock,queues=2"):format(name, key)) })
      assert.same({ words, "/scratch/sock" }, { taken { name, [key] = "sock", queues = 2 } })
    end)
  end

  it("may be elsewhere", function()
    assert.same({ "eth_vhost0,iface=/run/s", "/run/s" }, { taken { "eth_vhost0", iface = "/run/s" } })
  end)

  it("has a path that fits", function()
    local ok, err = pcall(taken, "eth_vhost0,iface=" .. ("x"):rep(120))
    assert.is_false(ok)
    assert.matches("too long", tostring(err))
  end)
end)

describe("a vdev without one", function()
  for _, words in ipairs { "net_null0,size=64", "eth_null0", "eth_pcap0,iface=lo", "net_tap0,iface=t0", "eth_tap0,iface=t0",
    "net_pcap0,rx_pcap=in.pcap", "eth_af_packet0,iface=lo" } do
    it("stays " .. words, function() assert.same({ words, "" }, { taken(words) }) end)
  end
end)

describe("a vdev that was not made", function()
  it("is named with what to do, by either name", function()
    for _, name in ipairs { "net_virtio_user0", "virtio_user0" } do
      local ok, err = pcall(vdev.check_made, "testpmd", { name .. ",path=/s" },
        "connect error, No such file or directory\nvdev_probe(): failed to initialize " .. name .. " device\n")
      assert.is_false(ok)
      assert.matches("nobody listens on its path", fail.what(err))
    end
  end)

  it("is noticed without words that are known, and they are shown", function()
    local text = "EAL: Detected CPU lcores: 2\nnet_null0 is not what it was\nEAL: Bus (vdev) probe failed.\nmore\n"
    local ok, err = pcall(vdev.check_made, "testpmd", { "net_null0" }, text)
    assert.is_false(ok)
    assert.matches("a vdev was not made", fail.what(err))
    assert.matches("net_null0 is not what it was\nEAL: Bus %(vdev%) probe failed%.$", err.tail)
    assert.is_true(pcall(vdev.check_made, "testpmd", { "net_null0" }, "EAL: Detected CPU lcores: 2\n"))
  end)

  it("has a hint at the nearest name", function()
    assert.matches("did you mean eth_vhost%?", vdev.hint 'failed to parse device "eth_vhst0"')
    assert.matches("did you mean net_null%?", vdev.hint 'failed to parse device "net_nul0"')
  end)
end)
