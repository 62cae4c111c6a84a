--- vfio: the PCI devices that a process has open, from the kernel's list of its open files.

local fail = require "base.fail"
local pci = require "dpdk.pci"

local vfio = {}

local DEVICES = "/sys/bus/pci/devices/"

-- Adds an open file (of this number) to a process.
local function note_file(process, number, target)
  local group = target:match "^/dev/vfio/(%d+)$"
  if group then process.groups[group] = ("/proc/%d/fd/%s -> %s"):format(process.pid, number, target) end
  if target == "anon_inode:[vfio-device]" then process.files = process.files + 1 end
end

local function note_link(result, path, target)
  local device, what = path:match "^/sys/bus/pci/devices/([^/]+)/([^/]+)$"
  if device and what == "driver" then result.drivers[device] = target:match "[^/]+$" end
  if device and what == "iommu_group" then result.group_of[device] = target:match "[^/]+$" end
end

--- Reads `ls -l` of processes' /proc/PID/fd/ and of devices' `driver` and `iommu_group` in sysfs:
--- { drivers = { [device] = name }, group_of = { [device] = group }, processes = { [pid] = { pid = pid, groups =
--- { [group that it has open] = the link that shows it }, files = how many vfio devices } } }.
function vfio.read(text)
  local result, process = { drivers = {}, group_of = {}, processes = {} }, nil
  for line in text:gmatch "[^\r\n]+" do
    local pid = line:match "^/proc/(%d+)/fd/?:$"
    local name, target = line:match "(%S+) %-> (.*)$"
    if pid then
      process = { pid = tonumber(pid), groups = {}, files = 0 }
      result.processes[process.pid] = process
    elseif name and name:find("^/sys/") then
      note_link(result, name, target)
    elseif name and process then
      note_file(process, name, target)
    end
  end
  return result
end

-- The devices whose groups a process has open, each with true, and with the link that shows it.
local function devices_of(process, group_of)
  local devices, links = {}, {}
  for device, group in pairs(group_of) do
    local link = process.groups[group]
    if link then devices[device], links[device] = true, link end
  end
  return devices, links
end

--- Looks at PCI devices (an array of addresses) and processes (an array of pids) on a node: { drivers = { [device] =
--- name of the driver it is bound to }, held = { [pid] = { devices = { [device] = true }, links = { [device] =
--- "/proc/PID/fd/N -> /dev/vfio/GROUP" }, files = how many vfio devices it has open, of these or others } } }.
function vfio.look(node, devices, pids)
  -- beside a file, even a single folder is listed with its name
  local argv = { "ls", "-l", "/proc/version" }
  for _, pid in ipairs(pids) do argv[#argv + 1] = ("/proc/%d/fd/"):format(pid) end
  for _, device in ipairs(devices) do
    argv[#argv + 1] = ("%s%s/driver"):format(DEVICES, pci.name(device))
    argv[#argv + 1] = ("%s%s/iommu_group"):format(DEVICES, pci.name(device))
  end
  local seen = vfio.read(node:run(argv).out)
  local out = { drivers = seen.drivers, held = {} }
  for _, pid in ipairs(pids) do
    local process = seen.processes[pid]
    if not process then fail.raise("ESRCH", "vfio", ("there is no process %d on the node"):format(pid)) end
    local held, links = devices_of(process, seen.group_of)
    out.held[pid] = { devices = held, links = links, files = process.files }
  end
  return out
end

return vfio
