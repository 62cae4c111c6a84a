--- instructions: does an emulated guest have the instructions that a DPDK was compiled for?

local fail = require "base.fail"
local paths = require "base.paths"

local instructions = {}

-- What the emulated processor has (vm/profiles.lua), by the names of lib/eal/x86/include/rte_cpuflags.h.
local EMULATED = { SSE = true, SSE2 = true, SSE3 = true, SSSE3 = true, SSE4_1 = true, SSE4_2 = true, RDRAND = true }

local WORDS = "the DPDK at %s was compiled for a processor with %s, which the emulated guest has not: build it with "
  .. "`meson configure %s -Dplatform=generic && ninja -C %s`, or use KVM"

-- The flags that meson's compiler test found (config/x86/meson.build), and that the EAL demands at its start.
local function compiled_for(folder)
  local text = paths.read(folder .. "/rte_build_config.h") or ""
  return text:match "#define RTE_COMPILE_TIME_CPUFLAGS ([^\n]*)" or ""
end

--- Raises for a build (host/dpdk_build.lua) that an emulated guest cannot run: its programs would end with SIGILL.
function instructions.check(build)
  if build.kind ~= "meson" then return end
  local missing = {}
  for flag in compiled_for(build.folder):gmatch "RTE_CPUFLAG_([%w_]+)" do
    if not EMULATED[flag] then missing[#missing + 1] = flag end
  end
  if #missing == 0 then return end
  local words = table.concat(missing, ", ", 1, math.min(#missing, 3))
  fail.raise("EINVAL", "vm", WORDS:format(build.where, words, build.folder, build.folder))
end

return instructions
