---@meta

--- A vhost-user port of a VM.
---@class vm.Port
---@field socket string a path, or a name in the case's folder
---@field mac string
---@field server? boolean QEMU listens, the backend (testpmd with client = true) connects (true)
---@field queues? number (1)
---@field mrg_rxbuf? boolean (true)
---@field csum? boolean (true)
---@field mq? boolean (with more than one queue)
---@field vectors? number MSI-X vectors; none under emulation, where QEMU 7.2 crashes
---@field addr? string on pcie.0: "05.0"

--- Options of t:vm.
---@class vm.Options
---@field ports? vm.Port[] its vhost-user ports
---@field cpus? number (3)
---@field memory? number MiB (1024)
---@field hugepages? number of 2 MiB, in the guest (128)
---@field warm? boolean restored from the state that the first boot of this topology saved (true)
---@field accel? string auto, kvm or tcg ("auto": KVM where the guest was seen to boot under it)
---@field iommu? boolean a virtual IOMMU, which vfio-pci needs (true)
---@field agent? boolean a channel for the guest agent (true)
---@field slots? number hot-plug slots: slot0, slot1, ... (0)
---@field extra? string[] more words for QEMU
---@field append? string more words for the kernel
---@field vnc? string a display: "127.0.0.1:10"
---@field hugepage_path? string takes its memory from this hugetlbfs
---@field profile? string of vm/profiles.lua ("default")
---@field qemu? string the program ("qemu-system-x86_64")
---@field image? table another guest: { kernel, initrd, disk, key, host_key }
---@field timeout? number seconds to boot (120)
---@field ssh_timeout? number seconds to log in (30)

--- A QEMU whose guest does not run yet.
---@class prepared_vm
local prepared_vm = {}

--- Lets the guest run, and logs in. A vhost-user port with server = true blocks QEMU until its backend connects.
---@return vm
function prepared_vm:launch() end

--- A guest, reached by SSH, driven over QMP.
---@class vm
---@field node node the guest, for t:testpmd(options, vm.node)
---@field qmp qmp QEMU's machine protocol
local vm = {}

--- Runs a command in the guest to its end: { code, signal, out, err }.
---@param argv string[]
---@param options? table { timeout, input, cwd, env }
---@return table
function vm:run(argv, options) end

--- Binds devices to a driver in the guest, all in one command, and reads the links back: { [address] = { old, new } }.
---@param devices string[] PCI addresses
---@param driver? string ("vfio-pci")
---@param options? table { how = "sysfs" or "devbind", timeout }
---@return table
function vm:bind(devices, driver, options) end

--- Starts a DPDK process in the guest.
---@param options mp.Options
---@return process
function vm:mp(options) end

--- Starts hotplug_mp in the guest, and waits for its prompt.
---@param options? mp.Options
---@return hotplug_mp
function vm:hotplug_mp(options) end

--- The telemetry of the guest's primary process.
---@param prefix? string its file prefix ("rte")
---@return telemetry
function vm:telemetry(prefix) end

--- Asks the guest agent: vm:agent "guest-ping".
---@param command string
---@param arguments? table
---@return any
function vm:agent(command, arguments) end

--- Unplugs a device by its QEMU id ("nic0"), and waits until the guest has let it go. Stop traffic first.
---@param id string
---@param seconds? number (20)
---@return table
function vm:unplug(id, seconds) end

--- Plugs a device: vm:plug{ driver = "virtio-net-pci", id = "nic9", netdev = "plugged", bus = "slot0" }.
---@param arguments table
---@return any
function vm:plug(arguments) end

--- Ends the VM over QMP, and waits. One that is left is ended at the end of the case.
---@param seconds? number (10)
function vm:quit(seconds) end

--- QEMU's machine protocol: vm.qmp:execute "query-status".
---@class qmp
local qmp = {}

--- One command. Returns its answer; a refusal is an error.
---@param command string
---@param arguments? table
---@param seconds? number (10)
---@return any
function qmp:execute(command, arguments, seconds) end

--- A place among the events: take it before what an event is awaited of.
---@return number
function qmp:mark() end

--- Waits for an event behind the mark that has all of `match`. Returns the event.
---@param event string
---@param match? table
---@param mark number
---@param seconds? number (10)
---@return table
function qmp:await(event, match, mark, seconds) end
