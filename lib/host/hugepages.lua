--- hugepages: those of this machine: how many are free, whether DPDK can use them, and which command reserves more.
--- moonrig never reserves any.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local under_test = require "host.under_test"

local hugepages = {}

local FOLDER = "/sys/kernel/mm/hugepages"

-- Once for programs and guests of a machine without any.
local NONE = "DPDK and guests run without hugepages: %s"

local function number(size, name) return tonumber((paths.read(("%s/%s/%s"):format(FOLDER, size, name)))) or 0 end

--- The sizes of which the machine has pages, the smallest first: array of { kib, total, free }. Pages that are reserved
--- for a mapping are not free.
function hugepages.sizes()
  local out = {}
  for _, name in ipairs(engine.fs.list(FOLDER) or {}) do
    local kib, total = tonumber(name:match "^hugepages%-(%d+)kB$"), number(name, "nr_hugepages")
    if kib and total > 0 then
      local free = number(name, "free_hugepages") - number(name, "resv_hugepages")
      out[#out + 1] = { kib = kib, total = total, free = free }
    end
  end
  table.sort(out, function(a, b) return a.kib < b.kib end)
  return out
end

-- The machine's usual size.
local function default_kib()
  return tonumber((paths.read "/proc/meminfo" or ""):match "Hugepagesize:%s*(%d+) kB") or 2048
end

local UNITS = { K = 1, M = 2 ^ 10, G = 2 ^ 20 }

-- The KiB of a page of a mount with these options.
local function page_of(mount_options)
  local n, unit = mount_options:match "pagesize=(%d+)(%a)"
  return n and n * (UNITS[unit:upper()] or 1) or default_kib()
end

--- The folders of hugetlbfs that this user may write: { [KiB of a page] = folder }.
function hugepages.mounts()
  local out = {}
  for folder, words in (paths.read "/proc/self/mounts" or ""):gmatch "%S+ (%S+) hugetlbfs (%S+)" do
    local kib = page_of(words)
    if not out[kib] and engine.fs.access(folder, "w") then out[kib] = folder end
  end
  return out
end

-- The command that gives `mib` MiB more than are free.
local function command(mib, size)
  local pages = math.ceil(mib * 1024 / size.kib) - size.free + size.total
  return ("echo %d > %s/hugepages-%dkB/nr_hugepages"):format(pages, FOLDER, size.kib)
end

local LACK = "%d hugepages of %d kB are free, and %d are needed: reserve them as root: `%s` (or dpdk-hugepages.py)"

--- Why `mib` MiB cannot be had of these sizes (default: hugepages.sizes), and what a person can do.
function hugepages.lack(mib, sizes)
  local size = (sizes or hugepages.sizes())[1] or { kib = default_kib(), total = 0, free = 0 }
  local pages = math.ceil(mib * 1024 / size.kib)
  return LACK:format(size.free, size.kib, pages, command(mib, size))
end

--- The size of page of which a guest of `mib` MiB can have enough, in KiB, and `room` MiB (default 0) stay free; nil
--- and why not.
function hugepages.for_guest(mib, room)
  local sizes = hugepages.sizes()
  for _, size in ipairs(sizes) do
    local is_whole, needed = mib * 1024 % size.kib == 0, (mib + (room or 0)) * 1024
    if is_whole and size.free * size.kib >= needed then return size.kib end
  end
  return nil, hugepages.lack(mib, sizes)
end

local NO_MOUNT = "no hugetlbfs that this user may write is mounted, and a primary and its secondaries need one: "
  .. "as root: `mkdir -p /dev/hugepages && mount -t hugetlbfs nodev /dev/hugepages`"

-- Those of a size that has a folder in `mounts`.
local function mounted(sizes, mounts)
  local out = {}
  for _, size in ipairs(sizes) do
    if mounts[size.kib] then out[#out + 1] = size end
  end
  return out
end

--- The EAL's words for a program that takes `mib` MiB of hugepages: none, or --in-memory where no hugetlbfs is mounted;
--- nil and why it cannot. `is_shared`: it is a primary or a secondary.
function hugepages.for_program(mib, is_shared)
  local sizes = hugepages.sizes()
  local in_files = mounted(sizes, hugepages.mounts())
  if is_shared and #sizes > 0 and #in_files == 0 then return nil, NO_MOUNT end
  local usable, free = #in_files > 0 and in_files or sizes, 0
  for _, size in ipairs(usable) do free = free + size.free * size.kib end
  if free < mib * 1024 then return nil, hugepages.lack(mib, usable) end
  return #in_files > 0 and {} or { "--in-memory" }
end

--- Notes on a case (`ctx`) that what a plan has on hugepages runs without them, and `why`. Raises where a person chose
--- --hugepages on.
function hugepages.go_without(ctx, why)
  if under_test.hugepages() == "on" then fail.raise("ENOMEM", "hugepages", "--hugepages on: " .. why) end
  if under_test.hugepages() == "off" then
    why = "--hugepages off"
  elseif #hugepages.sizes() == 0 then
    why = "none are reserved on this machine (see `moonrig doctor`)"
  end
  ctx:deviation(NONE:format(why))
end

return hugepages
