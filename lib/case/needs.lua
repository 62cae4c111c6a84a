--- needs: a scenario's needs of this machine, and whether they are met.

local engine = require "engine"
local hugepages = require "host.hugepages"
local paths = require "base.paths"
local show = require "base.show"
local under_test = require "host.under_test"

local needs = {}

-- MiB: a small primary and its secondary.
local LEAST_HUGEPAGES = 128

-- Of this machine, for a primary and its secondaries.
local function has_hugepages()
  if under_test.hugepages() == "off" then return false, "it needs hugepages: --hugepages off" end
  local words, why = hugepages.for_program(LEAST_HUGEPAGES, true)
  return words ~= nil, why and "it needs hugepages: " .. why
end

-- Is it there, or the error?
local function try(find)
  local ok, err = pcall(find)
  return ok, tostring(err), true
end

-- Each returns whether it is met, and why not. Unmet needs are a SKIP; those that setup provides (true) are an ERROR.
local NEEDS = {
  root = function() return engine.sys.uid() == 0, "it needs root" end,
  hugepages = has_hugepages,
  kvm = function() return engine.fs.access("/dev/kvm", "w"), "it needs /dev/kvm" end,
  testpmd = function() return try(function() under_test.program("testpmd", "dpdk-testpmd") end) end,
  vm = function()
    local qemu = under_test.qemu()
    if not qemu:find "/" and not paths.program(qemu) then
      return false, qemu .. " is missing: install Debian's package qemu-system-x86", true
    end
    return try(function() return under_test.image() or require("host.image").need() end)
  end,
  examples = function() return try(function() under_test.program("mp", "symmetric_mp") end) end,
}

--- Their names, sorted.
needs.NAMES = show.sorted_keys(NEEDS)

--- Is there such a need?
function needs.is_known(name) return NEEDS[name] ~= nil end

--- The status and the reason of a case with unmet needs; nil without.
function needs.lacking(names)
  for _, name in ipairs(names) do
    local ok, why, is_setup = NEEDS[name]()
    if not ok then return is_setup and "ERROR" or "SKIP", why end
  end
end

return needs
