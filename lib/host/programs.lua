--- programs: the versions of the programs that ran, for a run's results. Each is asked of the file that ran, and only
--- if that is still the same; the answer is stored for as long as it is.

local dpdk_disk = require "host.dpdk_disk"
local dpdk_identity = require "host.dpdk_identity"
local identity = require "host.identity"
local show = require "base.show"
local versions = require "host.versions"

local programs = {}

local QEMU = dpdk_identity.first_line([[s/^QEMU emulator version \(.*\)$/QEMU \1/p]], "--version")

-- Any other program would not understand the options.
local function is_dpdk(record)
  if record.eal then return true end
  local path = record.path
  return versions.ask("EAL in " .. path, { "grep", "-aom1", "RTE Version: '%s'", path }, path) ~= nil
end

local function argv_of(record) return record.argv or { record.path } end

local function qemu_version(record)
  local argv = { "sh", "-c", QEMU, "sh", unpack(argv_of(record)) }
  return versions.ask("version " .. table.concat(argv, " ", 5), argv, record.path)
end

local function version_of(record)
  local is_qemu = record.kind == "qemu"
  if record.version or not identity.is_same(record) then return record.version end
  if not is_qemu and not is_dpdk(record) then return nil end
  record.kind = record.kind or "dpdk"
  if is_qemu then return qemu_version(record) end
  return dpdk_identity.version(argv_of(record), record.path, record.eal)
end

-- A DPDK program of our guests is a file of DPDK's disk.
local function add_disk_file(record, id)
  local disk = id and dpdk_disk.read(id)
  local file = disk and disk.files["real/" .. record.program]
  if not file then return end
  record.sha256 = record.sha256 or file.sha256
  record.version = record.version or disk.version
end

--- Adds the versions to a case's programs, and the files of the programs in its guests.
function programs.complete(case)
  for _, record in ipairs(case.programs or {}) do
    if record.node then add_disk_file(record, case.dpdk_disk) else record.version = version_of(record) end
    record.eal_sha256 = record.eal and identity.hash(record.eal) or nil
  end
end

local function is_of(record, kind)
  if record.kind then return record.kind == kind end
  return kind == "dpdk" and tostring(record.version):find "^DPDK " ~= nil
end

--- The versions of the DPDK ("dpdk") or QEMU ("qemu") that ran in these cases: "22.11.11", "23.11.2, 22.11.11 (vm)";
--- "not used" where none did.
function programs.version(cases, kind)
  local found = {}
  for _, case in ipairs(cases) do
    for _, record in ipairs(case.programs or {}) do
      if is_of(record, kind) then
        local version = record.version and record.version:match "^%u+ (.*)$" or "unknown"
        found[version .. (record.node and (" (%s)"):format(record.node) or "")] = true
      end
    end
  end
  local list = show.sorted_keys(found)
  return #list > 0 and table.concat(list, ", ") or "not used"
end

--- A program in a line: "/usr/bin/dpdk-testpmd, DPDK 22.11.11, sha256 50b1eca8a437".
function programs.words(record)
  local words = { record.path or record.program }
  words[#words + 1] = record.version
  words[#words + 1] = record.sha256 and "sha256 " .. record.sha256:sub(1, 12)
  words[#words + 1] = record.eal_sha256 and "librte_eal " .. record.eal_sha256:sub(1, 12)
  return table.concat(words, ", ")
end

--- What ran in these cases, by name: { ["testpmd"] = "/usr/bin/dpdk-testpmd, ...", ["symmetric_mp-0 on vm"] = ... }. A
--- name that was several programs has all of them.
function programs.by_name(cases)
  local seen, out = {}, {}
  for _, case in ipairs(cases) do
    for _, record in ipairs(case.programs or {}) do
      local name = record.name .. (record.node and " on " .. record.node or "")
      seen[name] = seen[name] or {}
      seen[name][programs.words(record)] = true
    end
  end
  for name, words in pairs(seen) do out[name] = table.concat(show.sorted_keys(words), "; ") end
  return out
end

return programs
