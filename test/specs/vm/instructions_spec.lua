-- instructions: a DPDK that was compiled for another processor than the emulated one is refused before its programs end with
-- SIGILL.

local engine = require "engine"
local fail = require "base.fail"

local instructions = require "vm.instructions"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()

-- Of two builds: DPDK's config/x86/meson.build, with platform=generic and native.
local GENERIC = "SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2"
local NATIVE = GENERIC .. " AES AVX AVX2 AVX512BW AVX512F PCLMULQDQ RDRAND RDSEED"

local function build(flags)
  local words = flags:gsub("(%S+) ?", "RTE_CPUFLAG_%1,"):gsub(",$", "")
  rig:write("rte_build_config.h", "#define RTE_MAX_LCORE 128\n#define RTE_COMPILE_TIME_CPUFLAGS " .. words .. "\n")
  return { kind = "meson", where = rig.work, folder = rig.work }
end

describe("an emulated guest", function()
  it("takes a generic build", function()
    assert.has_no.errors(function() instructions.check(build(GENERIC)) end)
  end)

  it("refuses a native one, and says how to build another", function()
    local ok, err = pcall(instructions.check, build(NATIVE))
    assert.is_false(ok)
    assert.matches("compiled for a processor with AES, AVX, AVX2, which the emulated guest has not: build it with "
      .. "`meson configure ", fail.what(err))
    assert.matches("-Dplatform=generic", fail.what(err), 1, true)
  end)

  it("takes what says nothing of its processor", function()
    engine.fs.rmtree(rig.work .. "/rte_build_config.h")
    assert.has_no.errors(function() instructions.check { kind = "meson", where = "x", folder = rig.work } end)
    assert.has_no.errors(function() instructions.check { kind = "machine", where = "x" } end)
  end)

  teardown(function() rig:remove() end)
end)
