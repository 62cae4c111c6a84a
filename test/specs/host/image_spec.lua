-- image: the one in the cache is what was built, or an error names the file that is not.

local engine = require "engine"

local fail = require "base.fail"
local image = require "host.image"
local manifest = require "host.manifest"
local paths = require "base.paths"

local NAMES = { "vmlinuz", "initrd.img", "root.squashfs" }
local before, cache, folder

local function put(name, text)
  paths.write(folder .. "/" .. name, text)
end

before_each(function()
  before = os.getenv "MOONRIG_CACHE"
  cache = assert(engine.scratch())
  engine.sys.setenv("MOONRIG_CACHE", cache)
  folder = ("%s/image-%s"):format(cache, image.id())
  paths.make(folder)
  for _, name in ipairs(NAMES) do put(name, "as built") end
  manifest.write(folder, image.id(), NAMES)
end)

after_each(function()
  image.release()
  engine.sys.setenv("MOONRIG_CACHE", before or "")
  engine.fs.rmtree(cache)
end)

local function refused(name)
  local ok, err = pcall(image.need)
  assert.is_false(ok)
  assert.matches(name:gsub("%p", "%%%0") .. " changed since the build", tostring(err))
  assert.matches("run `moonrig setup`", tostring(err))
end

-- Another time than the one it was built at.
local function touch(name)
  assert.equal(0, engine.here():run({ "touch", "-d", "2001-01-01", folder .. "/" .. name }).code)
end

describe("the guest image", function()
  it("is there as it was built", function()
    assert.equal(folder, image.need().folder)
    assert.is_nil(image.changed(image.find(), true))
  end)

  for _, name in ipairs(NAMES) do
    it("with another " .. name .. " is refused", function()
      put(name, "something else")
      refused(name)
    end)
  end

  it("with a file of the same size and another content is refused", function()
    put("root.squashfs", "AS BUILT")
    touch "root.squashfs"
    refused "root.squashfs"
  end)

  it("without a file is refused", function()
    os.remove(folder .. "/vmlinuz")
    refused "vmlinuz"
  end)

  it("that was copied is the same", function()
    for _, name in ipairs(NAMES) do touch(name) end
    assert.equal(folder, image.need().folder)
  end)

  it("with a change that keeps size and time is found by reading all", function()
    local st = engine.fs.stat(folder .. "/vmlinuz")
    put("vmlinuz", "AS BUILT")
    assert.equal(0, engine.here():run({ "touch", "-d", ("@%.0f"):format(st.mtime),
      folder .. "/vmlinuz" }).code)
    assert.equal("vmlinuz", image.changed(image.find(), true))
  end)

  it("of a version that wrote no hashes is not there", function()
    put("manifest.json", '{"id":"x","built":"then"}')
    assert.is_nil((image.find()))
    local ok, err = pcall(image.need)
    assert.is_false(ok)
    assert.equal("ENOENT", fail.code(err))
  end)

  it("that a run uses is not built again under it", function()
    put("vmlinuz", "something else")
    local lock = assert(engine.fs.lock(folder .. "/manifest.json", "shared"))
    local ok, err = pcall(image.build, function() error "nothing is to be built" end)
    engine.fs.unlock(lock)
    assert.is_false(ok)
    assert.matches("a run uses it", tostring(err))
    assert.equal(folder, image.find().folder)
  end)
end)
