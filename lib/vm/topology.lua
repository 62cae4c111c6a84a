--- topology: a guest's options, checked and filled in; QEMU's configuration; the key of its snapshot.

local engine = require "engine"
local fail = require "base.fail"
local kind = require "base.kind"
local suggest = require "base.suggest"
local options = require "base.options"
local qemu_faults = require "vm.qemu_faults"
local show = require "base.show"
local snapshot = require "vm.snapshot"
local under_test = require "host.under_test"
local user_image = require "host.user_image"

local topology = {}

-- For the boot of a user's image, which has more to start than ours.
local USERS_SECONDS = 300

--- A machine profile of vm/profiles.lua by name.
function topology.profile(name)
  local profiles = dofile(engine.home() .. "/vm/profiles.lua")
  if not profiles[name] then
    local names = show.sorted_keys(profiles)
    fail.misuse("vm: there is no profile %s%s in vm/profiles.lua; there are: %s", name, suggest.hint(name, names),
      table.concat(names, ", "))
  end
  return profiles[name]
end

-- The guest finds its NICs by their addresses.
local function refuse_taken(p, i, taken)
  local mac = p.mac:lower()
  if taken[mac] then
    fail.misuse("vm port %d: mac %s is %s's: take another, 52:54:00:00:00:02 and on", i, p.mac, taken[mac])
  end
  taken[mac] = "port " .. i
end

local function port_options(list, scratch, profile)
  local out, taken = {}, { [profile.mgmt_mac:lower()] = "the management NIC" }
  for i, given in ipairs(list) do
    local p = options.take("vm port " .. i, given, options.of "vm port")
    refuse_taken(p, i, taken)
    if p.mq == nil then p.mq = p.queues > 1 end
    if not p.socket:find("^/") then p.socket = scratch .. "/" .. p.socket end
    out[i] = p
  end
  return out
end

--- The guest's PCI address of a place on pcie.0: "5" and "05.0" are 0000:00:05.0.
function topology.pci_address(place)
  local slot, fn = place:match "^(%x+)%.?(%d?)$"
  return ("0000:00:%02x.%s"):format(tonumber(slot, 16), fn ~= "" and fn or "0")
end

-- The places of a q35 that plans give their NICs, from 05.0 on, and the last.
local FIRST_PLACE, LAST_PLACE = 0x05, 0x1c

-- The slots of pcie.0 that have a device: { [number] = true }.
local function taken_slots(o)
  local taken = {}
  local function take(place) taken[tonumber(place:match "^%x+", 16)] = true end
  for _, place in pairs(o.profile.addr) do take(place) end
  for _, port in ipairs(o.ports) do take(port.addr or "0") end
  for _, word in ipairs(o.extra or {}) do
    for place in word:gmatch "addr=0?x?(%x+)" do take(place) end
  end
  -- engine/prim/vm.c has hot-plug slots from here on
  for i = 0x10, 0x0f + o.slots do taken[i] = true end
  return taken
end

-- A port without a place gets the next free one: the guest's kernel finds by it the NICs that it drives.
local function give_places(o)
  local taken, next_one = taken_slots(o), FIRST_PLACE
  for _, port in ipairs(o.ports) do
    while not port.addr and taken[next_one] do next_one = next_one + 1 end
    if not port.addr then
      if next_one > LAST_PLACE then fail.misuse "vm: pcie.0 has no place left for so many ports and slots" end
      port.addr = ("%02x.0"):format(next_one)
      taken[next_one] = true
    end
  end
end

local function kernel_words(o, profile)
  local words, driven = {}, {}
  for i, word in ipairs(profile.append) do words[i] = word end
  words[#words + 1] = "moonrig.mgmt=" .. topology.pci_address(profile.addr.mgmt)
  for _, port in ipairs(o.ports) do
    if port.kernel then driven[#driven + 1] = topology.pci_address(port.addr) end
  end
  words[#words + 1] = #driven > 0 and "moonrig.nics=" .. table.concat(driven, ",") or nil
  words[#words + 1] = "moonrig.hugepages=" .. o.hugepages
  words[#words + 1] = o.iommu and profile.append_iommu or nil
  words[#words + 1] = o.image and o.image.append
  words[#words + 1] = o.append
  return table.concat(words, " ")
end

--- The configuration for engine.vm. `files`: { serial, qmp, agent, kernel, initrd, disk, layer, dpdk }; `how`: kvm or
--- tcg.
function topology.configuration(o, files, how)
  local profile, disk = o.profile, dofile(engine.home() .. "/vm/dpdk_disk.lua")
  return {
    program = o.qemu, title = "vm", accelerator = how,
    emulated_vectors = how == "tcg" and qemu_faults.is_mended("emulated_vectors", o.qemu) or nil,
    cpu = profile.cpu[how], cpus = o.cpus, memory = o.memory,
    machine = profile.machine, iommu_device = o.iommu and profile.iommu or nil, prealloc = profile.prealloc,
    disk_addr = profile.addr.disk, mgmt_addr = profile.addr.mgmt, serial_addr = profile.addr.serial,
    dpdk_addr = profile.addr.dpdk, dpdk_disk = files.dpdk, dpdk_serial = disk.serial,
    kernel = files.kernel, initrd = files.initrd, disk = files.disk, disk_layer = files.layer,
    kernel_words = files.kernel and kernel_words(o, profile), mgmt_nic = o.image and o.image.nic,
    serial = files.serial, qmp = files.qmp, agent_socket = files.agent, vnc = o.vnc,
    mgmt_mac = profile.mgmt_mac, slots = o.slots, hugepage_path = o.hugepage_path, page_size = o.page_size,
    extra = o.extra,
  }
end

-- Files and devices of the host: QEMU's command line does not show their contents, which may have changed by the next
-- start.
local function is_tied(extra)
  for _, word in ipairs(extra or {}) do
    if word:find "/" then return true end
    for name in word:gmatch "([%w-]+)=[^,]" do
      if name == "file" or name == "path" or name == "host" then return true end
    end
  end
  return false
end

--- The key of its snapshot. False for a guest without: with an image of the user's (the host may write to its files),
--- with its memory in a file of its own, or with files or devices of the host in `extra`. `room`: the bytes of DPDK's
--- disk, whose content it does not know: it is mounted after the restore.
function topology.key(o, image_id, how, room)
  if not o.snapshot or o.image or not image_id or o.hugepage_path or is_tied(o.extra) then return false end
  local names = { serial = "serial", qmp = "qmp", agent = o.agent and "agent" or nil, kernel = "kernel",
    initrd = "initrd", disk = "disk", dpdk = ("dpdk %.0f"):format(room or 0) }
  local ports = {}
  for i, port in ipairs(o.ports) do
    ports[i] = {}
    for key, value in pairs(port) do ports[i][key] = value end
    ports[i].socket = "port" .. i
  end
  return snapshot.key(engine.vm_argv(topology.configuration(o, names, how), ports), image_id, o.qemu, how)
end

--- For people: "3 cpus, 1024 MiB, tcg, ports with 2 and 2 queues".
function topology.about(o, how)
  local queues = {}
  for i, port in ipairs(o.ports) do queues[i] = tostring(port.queues) end
  local ports = #queues > 0 and (", ports with %s queues"):format(table.concat(queues, " and ")) or ""
  return ("%d cpus, %d MiB, %s%s"):format(o.cpus, o.memory, how, ports)
end

-- Too much memory: QEMU's own message does not help, or the kernel kills QEMU.
local function check_memory(memory)
  local most = math.floor(engine.sys.memory() / 2 ^ 20)
  if memory < 64 or memory > most then
    fail.misuse("vm: option memory: expected 64 to %d MiB (this machine's), got %s", most, kind.given(memory))
  end
end

--- Options (a table, or a profile's name) checked and filled in: engine/prim/vm.c has them; `profile` is the profile
--- itself, `planned` has what the plan has otherwise (cpus, memory); each port's socket has its path, and
--- each port its place.
function topology.options(given, scratch)
  if type(given) == "string" then given = { profile = given } end
  given = given or {}
  local o = options.take("vm", given, options.of "vm")
  o.profile, o.qemu = topology.profile(o.profile), o.qemu or under_test.qemu()
  o.accel = o.accel or under_test.accel()
  o.image = o.image and user_image.of(o.image) or under_test.image()
  if o.image and not given.timeout then o.timeout = USERS_SECONDS end
  o.planned = {}
  for _, key in ipairs { "cpus", "memory", "hugepages" } do
    if o[key] == nil then o[key], o.planned[key] = o.profile[key], (o.profile.planned or {})[key] end
  end
  check_memory(o.memory)
  o.ports = port_options(o.ports or {}, scratch, o.profile)
  give_places(o)
  return o
end

return topology
