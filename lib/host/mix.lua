--- mix: a case whose guests had another DPDK than this machine, because a person asked for it (--guest-dpdk).

local dpdk_build = require "host.dpdk_build"
local dpdk_disk = require "host.dpdk_disk"
local dpdk_identity = require "host.dpdk_identity"

local mix = {}

-- "25.11.4"; without a version its place.
local function words_of(version, place) return version and (version:gsub("^DPDK ", "")) or place end

--- The versions { guest, host } of a case (its result) with this under test (under_test.choose's); nil for a case
--- without a mix.
function mix.of(case, places)
  if not (places and places.guest_dpdk and case.dpdk_disk) then return nil end
  local disk = dpdk_disk.read(case.dpdk_disk)
  local is_found, own = pcall(dpdk_build.at, places.dpdk)
  return { guest = words_of(disk and disk.version, places.guest_dpdk),
    host = words_of(is_found and dpdk_identity.of_build(own), places.dpdk or "on PATH") }
end

--- "guest dpdk 24.11.8, host dpdk 25.11.4" of a case; nil for one without a mix.
function mix.words(case)
  return case.mix and ("guest dpdk %s, host dpdk %s"):format(tostring(case.mix.guest), tostring(case.mix.host)) or nil
end

return mix
