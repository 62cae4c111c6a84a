--- releases: what differs between DPDK's releases, from 22.11 to 26.11, as data.
---
--- A row holds from its release `since` (without it: 22.11) to its release `last` (without it: the newest). Parsers try
--- the words of all rows: they do not need the release. Where it matters, it is that of the process that runs
--- (process:version()), and not a guess.

local lines = require "base.lines"

local releases = {}

-- --log-timestamp (lib/log/log_timestamp.c).
local stamps = {}
for i, pattern in ipairs(lines.STAMPS) do stamps[i] = { pattern, since = "24.11" } end

-- The words that programs print: { [name] = rows }; row[1] is a Lua pattern, NAME in it a device's name.
local WORDS = {
  -- drivers/bus/vdev/vdev.c, vdev_probe; lib/eal/common/eal_common_bus.c (be29c42523)
  vdev_refused = { { "failed to initialize NAME device", last = "26.03" },
    { "Failed to probe device NAME%f[^%w_]", since = "26.07" } },
  -- of the EAL, lib/eal/common/eal_common_options.c (f330b01df9), and of its programs
  usage = { { "\n+Usage: [^\n]*%[options%]", last = "25.07" },
    { "\n+usage: [^\n]*<DPDK EAL options>", since = "25.11" }, { "\n+Usage: [^\n]*%[EAL options%]" } },
  -- the line behind "Error - exiting with code": lib/eal/common/eal_common_debug.c (c4e03aca4a)
  exit_cause = { { "^Cause: .*$", last = "24.07" }, { "^.+$", since = "24.11" } },
  -- of the EAL's errors: its own, those of the buses, and of its options
  eal_prefix = { { "^EAL: " }, { "^%u[%u%d]*_BUS: ", since = "24.07" }, { "^ARGPARSE: ", since = "25.11" } },
  -- app/test-pmd/config.c, port_infos_display (f7e33b883a): a socket that is not known
  any_socket = { { "^any$", since = "26.07" } },
  -- in front of a log line: lib/base/lines.lua takes them off
  log_stamp = stamps,
}

-- What programs do, where no text of theirs shows it. Those that no file here asks for are for whoever judges by them.
local FACTS = {
  -- app/test-pmd/testpmd.c (c3fd1e6089): TX-dropped of a port has the errors of its sends (oerrors) in it
  errors_in_tx_dropped = { since = "23.03" },
  -- drivers/net/vhost/rte_eth_vhost.c (3552fd06c4): oerrors has the packets that no ring took
  vhost_counts_drops = { since = "23.11" },
  -- lib/ethdev (58ae74244c): /ethdev/stats has q_ipackets; later only /ethdev/xstats counts by queue
  queues_in_stats = { last = "25.07" },
  -- lib/eal (1a2e26d870): with --no-shconf or --in-memory a hotplug asks no other process
  local_hotplug_without_shconf = { since = "26.07" },
  -- lib/eal/common/eal_common_proc.c (b655b605d2, 9b0e79b868, 894bc93b6b, 41ee2c1033): requests have identifiers
  ipc_request_ids = { since = "26.07" },
  -- lib/eal (26b05e42e1): devargs of more than 127 bytes are refused and not cut
  long_devargs_refused = { since = "26.07" },
  -- lib/eal/common/eal_common_options.c (f330b01df9): no abbreviations; an option that is no list only once
  eal_options_once = { since = "25.11" },
  -- lib/eal: "Probe PCI driver" is a debug message
  pci_probe_logged = { last = "24.03" },
  -- lib/cmdline/cmdline_private.h: a line has up to 2047 bytes, before 511
  long_command_lines = { since = "24.07" },
  -- app/test-pmd: a secondary exits with its primary
  testpmd_secondary_follows = { since = "25.11" },
  -- app/test-pmd: the end of its input ends it
  testpmd_quits_at_eof = { since = "23.03" },
  -- lib/vhost (1d730eea6a): offers VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS, which QEMU before 8.0 uses wrongly
  vhost_mem_slots = { since = "26.07" },
  -- app/test-pmd: `create bonding device`, members; before: bonded, slaves
  bonding_members = { since = "23.11" },
  -- app/test-pmd: `dump memzone`, before dump_memzone
  dump_in_two_words = { since = "25.11" },
  -- telemetry's /ethdev/info: flags as "0x40", offloads as names
  flags_as_hex = { since = "23.03" },
  offloads_as_names = { since = "23.07" },
  -- examples/l3fwd-power: /l3fwd_power/stats, before /l3fwd-power/stats
  l3fwd_power_underscore = { since = "25.11" },
  -- lib/eal/common/eal_common_options.c: -c is deprecated, --socket-mem is --numa-mem
  numa_mem_option = { since = "25.07" },
  -- usertools/dpdk-devbind.py: numa_node= in its status (a7d69cef8f); vfio without an IOMMU is refused in other words
  devbind_numa_node = { since = "24.11" },
  -- examples/multi_process (43f062ac3a): their Makefiles run dpdk-cmdline-gen.py
  examples_need_cmdline_gen = { since = "23.11" },
}

-- Behind all that may follow: a release's last patch.
local LATEST = 1e6

--- The parts of a version, "DPDK 22.11.11", "26.11.0-rc0" or "24.11": { year, month, patch }, or nil. A bare release
--- has the patch `patch` (0).
function releases.read(text, patch)
  local year, month, rest = tostring(text):match "^%D*(%d%d)%.(%d%d)(.*)$"
  if not year or not rest:find "^[%d%.%-a-z+~]*$" then return nil end
  return { tonumber(year), tonumber(month), tonumber(rest:match "^%.(%d+)") or patch or 0 }
end

local function is_before(a, b)
  for i = 1, 3 do
    if a[i] ~= b[i] then return a[i] < b[i] end
  end
  return false
end

--- Does a row { since, last } hold for a version? A bound without a patch is the release with all its patches.
function releases.holds(row, version)
  local of = assert(releases.read(version), "no version")
  if row.since and is_before(of, releases.read(row.since)) then return false end
  return not (row.last and is_before(releases.read(row.last, LATEST), of))
end

--- Is this so (a name of FACTS) in a version? False where the version is not known.
function releases.is(fact, version)
  local row = assert(FACTS[fact], "no such fact")
  return version ~= nil and releases.holds(row, version)
end

--- The rows of words (a name of WORDS): { pattern, since, last }.
function releases.words(name) return assert(WORDS[name], "no such words") end

--- What the first row of words that fits captures (or the whole match); nil without one. `device`: for NAME.
function releases.match(name, text, device)
  local plain = device and device:gsub("%p", "%%%0"):gsub("%%", "%%%%")
  for _, row in ipairs(releases.words(name)) do
    local pattern = plain and row[1]:gsub("NAME", plain) or row[1]
    local found = text:match(pattern)
    if found then return found, pattern end
  end
end

-- lib/eal: printed for -v, which every program is started with (engine/prim/eal.c).
local PRINTED = "RTE Version: 'DPDK ([^'%s]+)'"

--- The version that a program printed at its start, "22.11.11"; nil without one.
function releases.printed(text) return (text or ""):match(PRINTED) end

--- The version in telemetry's greeting, "DPDK 22.11.11", as releases.printed has it.
function releases.greeted(text) return (text or ""):match "^DPDK (%S+)$" end

local HOW = '"22.11", "22.11 to 26.11", "since 23.11" or "until 25.07"'

--- A range of releases in words as { since, last }; nil, reason.
function releases.range(text)
  local word = type(text) == "string" and text or ""
  local since, last = word:match "^([%d.]+) to ([%d.]+)$"
  since = since or word:match "^since ([%d.]+)$"
  last = last or word:match "^until ([%d.]+)$"
  local only = word:match "^[%d.]+$"
  local row = { since = since or only, last = last or only }
  for _, bound in pairs(row) do
    if not releases.read(bound) then return nil, ("versions are %s"):format(HOW) end
  end
  if not next(row) then return nil, ("versions are %s"):format(HOW) end
  if row.since and row.last and is_before(releases.read(row.last, LATEST), releases.read(row.since)) then
    return nil, ("versions %q run backwards"):format(text)
  end
  return row
end

return releases
