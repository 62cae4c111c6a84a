-- stock: the bench's stock image is taken as it was built, or built; where that fails, why is said and nothing is left.

local engine = require "engine"

local image = require "host.image"
local manifest = require "host.manifest"
local paths = require "base.paths"
local stock = require "bench.stock"

local NAMES = { "vmlinuz", "disk.ext4" }
local before, path, cache, folder

before_each(function()
  before, path = os.getenv "MOONRIG_CACHE", os.getenv "PATH"
  cache = assert(engine.scratch())
  engine.sys.setenv("MOONRIG_CACHE", cache)
  folder = stock.folder(stock.id())
  local ours = ("%s/image-%s"):format(cache, image.id())
  paths.make(ours .. "/examples")
  manifest.write(ours, image.id(), {})
end)

after_each(function()
  image.release()
  engine.sys.setenv("MOONRIG_CACHE", before or "")
  engine.sys.setenv("PATH", path)
  engine.fs.rmtree(cache)
end)

local function put_image()
  paths.make(folder)
  for _, name in ipairs(NAMES) do paths.write(folder .. "/" .. name, "as built") end
  manifest.write(folder, stock.id(), NAMES)
end

-- A $PATH on which there is all but mmdebstrap.
local function without_mmdebstrap()
  local bin = paths.make(cache .. "/bin")
  for _, name in ipairs { "sh", "id", "sha256sum", "dpkg-query" } do
    assert(engine.fs.symlink(assert(paths.program(name)), bin .. "/" .. name))
  end
  engine.sys.setenv("PATH", bin)
end

describe("the stock image", function()
  it("is taken as it was built, and is locked for as long as it is used", function()
    put_image()
    local found, lock = stock.need()
    assert.equal(folder, found)
    local none, err = engine.fs.lock(folder .. "/manifest.json")
    assert.same({ nil, "EAGAIN" }, { none, err.code })
    engine.fs.unlock(lock)
  end)

  it("that cannot be built says what is missing, and leaves nothing", function()
    without_mmdebstrap()
    local ok, err = pcall(stock.need)
    assert.is_false(ok)
    assert.matches(engine.sys.uid() == 0 and "mmdebstrap is not here" or "root is needed", tostring(err))
    assert.is_nil(engine.fs.stat(folder))
    for _, name in ipairs(engine.fs.list(cache)) do assert.is_nil(name:match "^build%-%d") end
  end)

  it("gets our testpmd's command line, with sockets and a prefix of its own", function()
    local ours = { "dpdk-testpmd", "--lcores", "1@0,2@1", "--file-prefix=vhost-x", "--vdev",
      "net_vhost,client=1,iface=/tmp/x/vhost-net,queues=2", "--vdev", "net_vhost1,queues=2,iface=/tmp/x/vhost-net1",
      "--", "-i", "--rxq=2" }
    local words, prefix = stock.testpmd(ours, "/tmp/bench-1/stock-2")
    assert.equal("stock-bench-1-stock-2", prefix)
    assert.same({ "dpdk-testpmd", "--lcores", "1@0,2@1", "--file-prefix=" .. prefix, "--vdev",
      "net_vhost,client=1,iface=/tmp/bench-1/stock-2/vhost-net,queues=2", "--vdev",
      "net_vhost1,queues=2,iface=/tmp/bench-1/stock-2/vhost-net1", "--", "-i", "--rxq=2" }, words)
    assert.has_error(function() stock.testpmd({ "dpdk-testpmd", "-i" }, "/tmp/bench-1/stock-2") end)
  end)

  it("is not built while another build is running", function()
    local lock = assert(engine.fs.lock(cache .. "/build.lock"))
    local ok, err = pcall(stock.need)
    engine.fs.unlock(lock)
    assert.is_false(ok)
    assert.matches("another build is running", tostring(err))
  end)
end)
