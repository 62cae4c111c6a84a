---@meta

--- A guest, reached by SSH and controlled over QMP.
---@class vm
---@field node node the guest, for t:testpmd(options, vm.node)
---@field qmp qmp QEMU's machine protocol
local vm = {}

--- Runs a command in the guest until it exits. Returns { code, signal, out, err }; raises where it cannot start or does
--- not exit in time.
---@param argv string[]
---@param options? table { timeout, input, cwd, env }
---@return table
function vm:run(argv, options) end

--- Binds devices to a driver in the guest, all in one command, and reads the drivers back. Returns
--- { [address] = { old, new } }.
---@param devices string[] PCI addresses: "0000:00:05.0", "00:05.0"
---@param driver? text ("vfio-pci")
---@param options? devbind.Options
---@return table
function vm:bind(devices, driver, options) end

--- Starts testpmd in the guest: t:testpmd(options, vm.node). By default it has the guest's NICs that vfio-pci drives,
--- physical addresses and hugepages; with `vdevs` no NICs.
---@param options? testpmd.Options
---@return testpmd
function vm:testpmd(options) end

--- Starts a DPDK process in the guest.
---@param options mp.Options
---@return mp
function vm:mp(options) end

--- Starts hotplug_mp in the guest and waits for its prompt.
---@param options? hotplug_mp.Options
---@return hotplug_mp
function vm:hotplug_mp(options) end

--- A client of the telemetry of the guest's primary process: of one that the case started, where it started any with this
--- prefix; another one that answers is an error.
---@param prefix? text its file prefix ("rte")
---@return telemetry
function vm:telemetry(prefix) end

--- Sends a command to the guest agent: vm:agent "guest-ping".
---@param command text
---@param arguments? table
---@return any
function vm:agent(command, arguments) end

--- Unplugs a device by its QEMU id ("nic0") and waits until the guest has released it. Stop traffic first:
--- under full traffic a guest was seen to panic.
---@param id text
---@param seconds? seconds (20)
---@return table
function vm:unplug(id, seconds) end

--- Plugs a device: vm:plug{ driver = "virtio-net-pci", id = "nic9", netdev = "plugged", bus = "slot0" }.
---@param arguments table
---@return any
function vm:plug(arguments) end

--- Resets the guest, as a button would, and waits until it has booted again and a new SSH session is open: vm.node.
--- Programs and consoles of before have ended, and the session of before is closed.
function vm:reset() end

--- Lets the guest's system reboot, and waits as vm:reset().
function vm:reboot() end

--- Ends the VM over QMP and waits. A VM that is left open is ended with the case.
---@param seconds? seconds (10)
function vm:quit(seconds) end
