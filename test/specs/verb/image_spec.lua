-- image: packages that a person adds to the image make another image, which is used from then on.

local engine = require "engine"

local moonrig = require "specs.moonrig"

-- Its "package manager" knows all packages but one.
local PACKAGES = [[case $PACKAGES in
*nosuch*) echo "E: Unable to locate package nosuch"; exit 25 ;;
esac
echo "$PACKAGES" >$OUT/made]]

-- moonrig in a folder of its own, that builds an image of next to nothing.
local function small()
  local rig = moonrig.new()
  for _, name in ipairs { "build", "vm" } do assert(engine.fs.mkdir(rig.work .. "/" .. name)) end
  assert.equal(0, engine.here():run({ "cp", rig.exe, rig.work .. "/build/moonrig" }).code)
  assert(engine.fs.symlink(engine.home() .. "/lib", rig.work .. "/lib"))
  rig:write("vm/image.lua", [[return { packages = { "busybox" }, modules = {}, outputs = { "made" },
    steps = { { name = "packages", script = "packages.sh", what = "unpack them" } } }]])
  rig:write("vm/packages.sh", PACKAGES)
  rig:write("vm/dpdk_disk.lua", moonrig.read(engine.home() .. "/vm/dpdk_disk.lua"))
  rig.exe = rig.work .. "/build/moonrig"
  return rig
end

describe("moonrig image", function()
  local rig
  local function call(...)
    return rig:call({ "image", ... }, { "MOONRIG_CACHE=" .. rig.work .. "/cache" })
  end

  before_each(function() rig = small() end)
  after_each(function() rig:remove() end)

  local function made(said)
    return moonrig.read(said:match "guest image: (%S+)\n" .. "/made")
  end

  it("adds packages and removes them, and each list has an image", function()
    local _, said = call()
    assert.matches("guest image: %x+ is not built: run `moonrig setup`\nadded packages: none", said)
    local code, first = call("add", "iperf3", "fio", "fio")
    assert.equal(0, code, first)
    assert.matches("added packages: fio iperf3\n", first)
    assert.equal("busybox,fio,iperf3\n", made(first))
    code, said = call("remove", "fio")
    assert.equal(0, code, said)
    assert.equal("busybox,iperf3\n", made(said))
    code, said = call("add", "fio")
    assert.equal(0, code, said)
    assert.equal(first:match "guest image: %S+", said:match "guest image: %S+")
    assert.is_nil(said:find("unpack them", 1, true), "it was built before")
  end)

  it("keeps the list when a package does not exist", function()
    call("add", "fio")
    local code, said = call("add", "nosuch")
    assert.equal(3, code, said)
    assert.matches("moonrig: image: there is no package nosuch in the sources of this machine's apt %(%l+%)\n", said)
    assert.matches("added packages: fio\n", select(2, call()))
  end)

  it("refuses what it cannot mean", function()
    for args, words in pairs { [{ "add" }] = "expected `moonrig image`, or `moonrig image add PACKAGE",
        [{ "remove", "fio" }] = "fio was not added", [{ "add", "a,b" }] = '"a,b" is no name of a Debian package' } do
      local code, said = call(unpack(args))
      assert.not_equal(0, code)
      assert.is_truthy(said:find(words, 1, true), said)
    end
  end)
end)
