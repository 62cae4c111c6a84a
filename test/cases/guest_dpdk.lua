-- guest_dpdk: a guest, restored too, has the DPDK that is under test now, byte for byte; it refuses the disk of another.

local engine = require "engine"
local paths = require "base.paths"

local SCENARIO = [[
return rig.case { name = "x", timeout = 150, run = function(t)
  local vm = t:vm()
  local r = vm:run { "sha256sum", "/opt/dpdk/real/dpdk-testpmd" }
  t:value("sha256", r.out:match "%x+" or r.err)
  t:equal(vm:run({ "dpdk-testpmd" }).code, EXPECTED, "the program on the disk runs")
end }
]]

-- A meson build folder whose testpmd is another program: what is on the disk matters here, and not what it does.
local function lay(t, name)
  local folder = t:dir() .. "/build"
  for _, below in ipairs { "/app", "/meson-info" } do paths.make(folder .. below) end
  paths.write(folder .. "/meson-info/meson-info.json", "{}")
  local r = t:here():run { "cp", "/bin/" .. name, folder .. "/app/dpdk-testpmd" }
  t:equal(r.code, 0, "a build with " .. name)
  return folder
end

-- Runs the scenario with a build; the hash that its guest saw, and how the guest started.
local function seen_by(t, folder, expected)
  local file = t:dir() .. "/x.lua"
  paths.write(file, (SCENARIO:gsub("EXPECTED", expected)))
  local out = t:dir() .. "/out"
  local r = t:here():run({ engine.fs.realpath "/proc/self/exe", "run", file, "-o", out, "--dpdk", folder },
    { timeout = 200 })
  t:equal(r.code, 0, r.out .. r.err)
  local case = paths.read_table(out .. "/latest/results.json").cases[1]
  return case.values.sha256, case.boot
end

local function hash_of(t, name) return t:here():run({ "sha256sum", "/bin/" .. name }).out:match "%x+" end

return rig.case {
  name = "a guest has the DPDK under test", needs = { "vm" }, timeout = 500,

  run = function(t)
    t:phase "a build, and its rebuild"
    for i, name in ipairs { "true", "false", "true" } do
      local seen, boot = seen_by(t, lay(t, name), name == "false" and "1" or "0")
      t:equal(seen, hash_of(t, name), ("guest %d has %s"):format(i, name))
      -- the first may have had to boot
      if i > 1 then t:equal(boot, "snapshot", "it was restored") end
    end

    t:phase "another disk than the expected one"
    local vm = t:vm()
    t:equal(vm:run({ "umount", "/opt/dpdk" }).code, 0, "its disk is unmounted")
    local r = vm:run { "/usr/lib/moonrig/wake", tostring(os.time()), "0", ("00"):rep(32), "0123456789abcdef" }
    t:equal(r.code, 1, "the guest refuses it")
    t:match(r.err, "DPDK's disk is %x+, expected 0123456789abcdef", "and says why")
  end,
}
