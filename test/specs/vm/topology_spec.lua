-- topology: a guest's options: the addresses and places of its ports, and the words for its kernel.

local engine = require "engine"
local topology = require "vm.topology"

-- The n-th port of a guest.
local function port(n, more)
  local p = { socket = "s" .. n, mac = ("52:54:00:00:00:%02x"):format(n) }
  for key, value in pairs(more or {}) do p[key] = value end
  return p
end

local function taken(given) return topology.options(given, "/scratch") end

local function refused(words, given)
  local ok, err = pcall(taken, given)
  assert.is_false(ok)
  assert.matches(words, tostring(err))
end

local function places(given)
  local out = {}
  for i, one in ipairs(taken(given).ports) do out[i] = one.addr end
  return table.concat(out, " ")
end

local function words_of(given)
  local files = { kernel = "k", initrd = "i", disk = "d", serial = "s", qmp = "q" }
  return " " .. topology.configuration(taken(given), files, "tcg").kernel_words .. " "
end

describe("a VM's port", function()
  it("has an address that no other NIC of it has", function()
    refused("port 1: mac 02:6d:67:6d:74:00 is the management NIC's", { ports = { port(1, { mac = "02:6d:67:6d:74:00" }) } })
    refused("port 2: mac 52:54:00:00:00:0A is port 1's",
      { ports = { port(1, { mac = "52:54:00:00:00:0a" }), port(2, { mac = "52:54:00:00:00:0A" }) } })
  end)

  it("has an address that test plans use", function()
    for n = 1, 16 do assert.equal(1, #taken({ ports = { port(n) } }).ports) end
  end)

  it("has the place that is given, or the next free one", function()
    assert.equal("05.0 06.0 07.0", places { ports = { port(1), port(2), port(3) } })
    assert.equal("05.0 09.0 06.0", places { ports = { port(1), port(2, { addr = "09.0" }), port(3) } })
    assert.equal("06.0 5 07.0", places { ports = { port(1), port(2, { addr = "5" }), port(3) } })
    assert.equal("06.0", places { ports = { port(1) }, extra = { "-device", "virtio-rng-pci,bus=pcie.0,addr=05.0" } })
    assert.equal("06.0", places { ports = { port(1) }, extra = { "-device", "virtio-rng-pci,bus=pcie.0,addr=0x5" } })
  end)

  it("has its place beside hot-plug slots", function()
    local ports = {}
    for n = 1, 12 do ports[n] = port(n) end
    assert.matches("0f%.0 12%.0$", places { ports = ports, slots = 2 })
    for n = 13, 30 do ports[n] = port(n) end
    refused("pcie.0 has no place left", { ports = ports })
  end)
end)

describe("the guest's kernel", function()
  it("drives the management NIC and no other one", function()
    local words = words_of { ports = { port(1), port(2) } }
    assert.matches(" moonrig%.mgmt=0000:00:03%.0 ", words)
    assert.is_nil(words:find("moonrig.nics", 1, true))
  end)

  it("drives the NICs that it is given, too", function()
    assert.matches(" moonrig%.nics=0000:00:06%.0 ", words_of { ports = { port(1), port(2, { kernel = true }) } })
    assert.matches(" moonrig%.nics=0000:00:08%.1,0000:00:05%.0 ",
      words_of { ports = { port(1, { kernel = true, addr = "8.1" }), port(2, { kernel = true }) } })
  end)

  it("of a guest with a snapshot is told in its key", function()
    local function key(is_driven)
      return topology.key(taken { ports = { port(1, { kernel = is_driven }) } }, "0123456789abcdef", "tcg")
    end
    assert.not_equal(engine.checksum(key(true)), engine.checksum(key(false)))
  end)
end)

describe("a guest of the user's", function()
  local function conf(more)
    local file = engine.home() .. "/Makefile"
    local given = { key = file }
    for key, value in pairs(more) do given[key] = value end
    local o = taken { image = given }
    local files = { kernel = o.image.kernel, disk = o.image.disk, layer = o.image.layer, serial = "s", qmp = "q" }
    return topology.configuration(o, files, "tcg"), o
  end

  it("boots by its disk's loader, or its kernel finds its root there", function()
    local file = engine.home() .. "/Makefile"
    local one = conf { disk = file, nic = "e1000" }
    assert.same({ "raw", "e1000" }, { one.disk_layer, one.mgmt_nic })
    assert.is_nil(one.kernel_words)
    one = conf { disk = file, kernel = file, append = "net.ifnames=0" }
    assert.matches(" root=/dev/vda rw net.ifnames=0$", one.kernel_words)
    assert.equal("virtio-net-pci", one.mgmt_nic)
  end)

  it("has more time to boot, unless a time is given", function()
    local file = engine.home() .. "/Makefile"
    assert.equal(300, select(2, conf { disk = file }).timeout)
    assert.equal(7, taken({ image = { disk = file, key = file }, timeout = 7 }).timeout)
    assert.equal(120, taken({}).timeout)
  end)
end)
