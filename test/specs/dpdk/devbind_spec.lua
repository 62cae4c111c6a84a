-- How devices are bound where, and what comes back: the engine's part is a fake, then a fake sysfs.

local devbind = require "dpdk.devbind"
local engine = require "engine"

local DEVICES = { "0000:00:05.0", "0000:00:06.0" }

describe("devbind", function()
  local real, asked
  before_each(function()
    real = engine.devbind
    engine.devbind = function(_, o)
      asked = o
      return {}
    end
  end)
  after_each(function() engine.devbind = real end)

  local ways = {
    { "over sysfs where nothing is given back", nil, nil },
    { "by dpdk-devbind.py where old drivers return", { restore = true }, "dpdk-devbind.py" },
    { "by dpdk-devbind.py where that is asked for", { how = "devbind" }, "dpdk-devbind.py" },
    { "by a program that is named", { program = "/opt/devbind" }, "/opt/devbind" },
    { "by a program that is named, and asked for", { how = "devbind", program = "x", restore = true }, "x" },
    { "over sysfs where that is asked for", { how = "sysfs" }, nil },
  }
  for _, way in ipairs(ways) do
    it("binds " .. way[1], function()
      devbind.bind({}, DEVICES, "vfio-pci", way[2])
      assert.equal(way[3], asked.program)
      assert.same({ DEVICES, "vfio-pci", 60 }, { asked.devices, asked.driver, asked.timeout })
      assert.equal(way[2] and way[2].restore or false, asked.restore)
    end)
  end

  local misuses = {
    { { how = "python" }, 'there is no "python"; there are: devbind, sysfs' },
    { { how = "sysfs", program = "x" }, 'how = "sysfs" runs no program: "x"' },
    { { how = "sysfs", restore = true }, 'restore needs how = "devbind"' },
    { { programm = "x" }, "unknown option programm %(did you mean program" },
  }
  for _, misuse in ipairs(misuses) do
    it("refuses: " .. misuse[2], function()
      asked = nil
      local ok, err = pcall(devbind.bind, {}, DEVICES, "vfio-pci", misuse[1])
      assert.is_false(ok)
      assert.matches(misuse[2], tostring(err))
      assert.is_nil(asked)
    end)
  end
end)

describe("devbind over sysfs", function()
  local MAKE = [[
set -e
cd "$1"
for device in 0000:00:05.0 0000:00:06.0; do
  mkdir -p bus/pci/devices/$device
  ln -s ../../drivers/uio bus/pci/devices/$device/driver
done
mkdir -p bus/pci/drivers/uio bus/pci/drivers/vfio-pci bus/pci/devices/0000:00:05.0/net/eth0
printf 'Iface Destination\n' >none
printf 'Iface Destination\neth0 00000000\n' >routes
ln -s /dev/null bus/pci/drivers/uio/unbind
ln -s /dev/null bus/pci/drivers/vfio-pci/bind
]]
  local here, folder = engine.here(), engine.scratch()
  local function bind(driver, routes)
    return devbind.bind(here, DEVICES, driver, { sysfs = folder, routes = folder .. "/" .. routes })
  end
  setup(function() assert.equal(0, here:run({ "sh", "-c", MAKE, "sh", folder }).code) end)
  teardown(function() engine.fs.rmtree(folder) end)

  it("tells the drivers before and after", function()
    local one = { old = "uio", new = "uio" }
    assert.same({ [DEVICES[1]] = one, [DEVICES[2]] = one }, bind("uio", "routes"))
  end)

  local failures = {
    { "writes that do nothing", "vfio-pci", "none", '0000:00:05.0 is bound to "uio", not "vfio%-pci"' },
    { "an interface with a route", "vfio-pci", "routes", "0000:00:05.0 is in use: .* eth0" },
    { "a driver that is not loaded", "igb_uio", "none", 'driver "igb_uio" is not loaded' },
  }
  for _, failure in ipairs(failures) do
    it("finds " .. failure[1], function()
      local ok, err = pcall(bind, failure[2], failure[3])
      assert.is_false(ok)
      assert.matches(failure[4], tostring(err))
    end)
  end
end)
