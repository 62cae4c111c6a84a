-- under_test: the DPDK and the QEMU that a person chooses are those that run, and results name them. With fakes of testpmd in
-- meson build folders.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local rig = moonrig.new():settle()
local fakes = rig.exe:match "^(.*)/"
local ENV = { "MOONRIG_CACHE=" .. rig.work .. "/cache", "MOONRIG_DPDK=", "MOONRIG_QEMU=", "MOONRIG_IMAGE=",
  "MOONRIG_HUGEPAGES=" }

-- A build folder with this testpmd.
local function build(name, program, options)
  local folder = rig.work .. "/" .. name
  for _, below in ipairs { "app", "meson-info", "examples" } do paths.make(folder .. "/" .. below) end
  local r = engine.here():run { "cp", program or fakes .. "/fake_testpmd", folder .. "/app/dpdk-testpmd" }
  assert.equal(0, r.code, r.err)
  paths.write(folder .. "/meson-info/meson-info.json", ('{"directories":{"source":"%s"}}'):format(rig.work))
  paths.write(folder .. "/meson-info/intro-buildoptions.json", options or "[]")
  return folder
end

local function env(...)
  local out = { unpack(ENV) }
  for _, word in ipairs { ... } do out[#out + 1] = word end
  return out
end

local function run(args, more)
  local words = { "run", rig.work .. "/scripts/x.lua", "-o", rig.work .. "/out" }
  for _, word in ipairs(args) do words[#words + 1] = word end
  local code, said = rig:call(words, more or ENV)
  return code, said, moonrig.results(rig.work .. "/out")
end

local one, two

setup(function()
  rig:write("scripts/x.lua", moonrig.case [[t:testpmd {}:quit() t:equal(1, 1, "one")]])
  one = build("one", nil, '[{"name":"platform","value":"generic"},{"name":"prefix","value":"/usr"}]')
  two = build "two"
end)

describe("the DPDK under test", function()
  it("is a build folder that --dpdk names, and results say so", function()
    local code, said, results = run { "--dpdk", one }
    assert.equal(0, code, said)
    assert.equal(one .. "/app/dpdk-testpmd", results.cases[1].programs[1].path)
    assert.same({ dpdk = one }, results.under_test)
    assert.same({ place = one, kind = "meson", options = { platform = "generic" } }, results.dpdk_build)
    -- no notice but those about the machine
    assert.same(results.cases[1].deviations, results.cases[1].notices)
  end)

  it("is that of the replay, too", function()
    local _, said = run { "--dpdk", one, "--accel", "tcg" }
    local code, replayed = rig:call({ "replay", rig.work .. "/out/latest" }, ENV)
    assert.equal(0, code, said .. replayed)
    assert.is_truthy(replayed:find("1 replayed, 1 as recorded", 1, true), replayed)
  end)

  it("is that of the environment without a flag, and of the flag before the environment", function()
    local _, _, results = run({}, env("MOONRIG_DPDK=" .. two))
    assert.same({ dpdk = two }, results.under_test)
    _, _, results = run({ "--dpdk", one }, env("MOONRIG_DPDK=" .. two))
    assert.same({ dpdk = one }, results.under_test)
  end)

  it("is that of a replay, too", function()
    run { "--dpdk", one }
    local code, said = rig:call({ "replay", rig.work .. "/out/latest" }, ENV)
    assert.equal(0, code, said)
    assert.matches("1 as recorded", said)
  end)

  it("is found by a source tree with one build, and by its path relative to the working folder", function()
    paths.make(rig.work .. "/tree/app/test-pmd")
    rig:write("tree/meson.build", "")
    local code, said = run { "--dpdk", rig.work .. "/tree" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find("is a source tree of DPDK without a build: run `meson setup", 1, true), said)
    local made = build "tree/build"
    local _, _, results = run { "--dpdk", rig.work .. "/tree" }
    assert.equal("meson", results.dpdk_build.kind)
    assert.equal(made, engine.fs.realpath(results.under_test.dpdk .. "/build"))
    build "tree/debug"
    code, said = run { "--dpdk", rig.work .. "/tree" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find("has 2 builds: name one: ", 1, true), said)
  end)

  it("that is none is an error before anything runs", function()
    local code, said = run { "--dpdk", rig.work .. "/nowhere" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find("there is no \"" .. rig.work .. "/nowhere\"", 1, true), said)
    code, said = run { "--dpdk", "/etc" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find("/etc is no DPDK: expected a meson build folder", 1, true), said)
  end)

  it("has no program of another: one that it lacks is not taken from PATH", function()
    rig:write("scripts/pdump.lua", moonrig.case [[t:mp { program = "dpdk-pdump" }]])
    local code, said = rig:call({ "run", rig.work .. "/scripts/pdump.lua", "-o", rig.work .. "/out", "--dpdk", one }, ENV)
    assert.equal(3, code, said)
    assert.is_truthy(said:find("dpdk-pdump is not on PATH and no program of the DPDK at " .. one, 1, true), said)
  end)
end)

describe("several of them", function()
  it("are a run each, and a table of the verdicts", function()
    local code, said = run { "--dpdk", one, "--dpdk", two, "-q" }
    assert.equal(0, code, said)
    local head = "\n" .. (" "):rep(#"scripts/x") .. "  1       2     \nscripts/x  PASS    PASS  "
    assert.is_truthy(said:find(head, 1, true), said)
    for i, place in ipairs { one, two } do
      assert.is_truthy(said:find(("\n%d  dpdk %s (not used), qemu not used: "):format(i, place), 1, true), said)
    end
  end)

  it("have the exit status of the worst", function()
    local bad = build("bad", "/bin/false")
    local code, said = run { "--dpdk", one, "--dpdk", bad, "-q" }
    assert.equal(3, code, said)
    assert.is_truthy(said:find("\nscripts/x  PASS    ERROR ", 1, true), said)
  end)

  it("are not for programs", function()
    local code, said = run { "--dpdk", one, "--dpdk", two, "--tap" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find("--tap shows one run: give --dpdk and --qemu once", 1, true), said)
  end)
end)

describe("the QEMU under test", function()
  it("that is none is an error before anything runs", function()
    local code, said = run { "--qemu", "/etc/passwd" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find("/etc/passwd is no QEMU: expected a program, or a build folder", 1, true), said)
  end)
end)

describe("the guest image under test", function()
  it("is a place, or the project file's table, and results say so", function()
    local disk, key = rig:write("guest.raw", "a disk"), rig:write("key", "a key")
    local _, _, results = run { "--image", disk }
    assert.same({ image = disk }, results.under_test)
    _, _, results = run({}, env("MOONRIG_IMAGE=" .. disk))
    assert.same({ image = disk }, results.under_test)
    rig:write("moonrig.lua", 'return { image = { disk = "guest.raw", nic = "e1000" } }')
    finally(function() os.remove(rig.work .. "/moonrig.lua") end)
    local r = engine.here():run({ rig.exe, "run", "scripts/x.lua", "-o", "out" },
      { cwd = rig.work, env = env("TMPDIR=" .. rig.tmp), timeout = 60 })
    assert.equal(0, r.code, r.out .. r.err)
    assert.same({ image = { disk = disk, nic = "e1000" } }, moonrig.results(rig.work .. "/out").under_test)
    r = engine.here():run({ rig.exe, "doctor" }, { cwd = rig.work, env = env("TMPDIR=" .. rig.tmp), timeout = 60 })
    assert.is_truthy(r.out:find(("own image    %s, user root, key %s"):format(disk, key), 1, true), r.out .. r.err)
  end)

  it("that is none is an error before anything runs", function()
    local code, said = run { "--image", rig.work .. "/nothing.qcow2" }
    assert.equal(4, code, said)
    assert.is_truthy(said:find('there is no "' .. rig.work .. '/nothing.qcow2": expected a disk image', 1, true), said)
  end)
end)

describe("how guests run", function()
  it("is chosen by a flag, the environment or the project file, and results say so", function()
    local _, _, results = run({ "--accel", "tcg" }, env("MOONRIG_ACCEL=kvm"))
    assert.same({ accel = "tcg" }, results.under_test)
    _, _, results = run({}, env("MOONRIG_ACCEL=kvm"))
    assert.same({ accel = "kvm" }, results.under_test)
  end)

  it("is one of three words", function()
    local code, said = run({}, env("MOONRIG_ACCEL=hvf"))
    assert.equal(4, code, said)
    assert.is_truthy(said:find('accel: expected auto, kvm, tcg, got "hvf"', 1, true), said)
    code, said = run { "--accel", "hvf" }
    assert.equal(4, code, said)
  end)
end)

describe("hugepages", function()
  it("are chosen by a flag, the environment or the project file, and what ran otherwise is in results", function()
    local _, _, results = run({ "--hugepages", "off" }, env("MOONRIG_HUGEPAGES=on"))
    assert.same({ hugepages = "off" }, results.under_test)
    assert.same({ "DPDK and guests run without hugepages: --hugepages off" }, results.cases[1].deviations)
    assert.same(results.cases[1].deviations, results.cases[1].notices)
    local _, said = run({ "--hugepages", "off", "-v" })
    assert.is_truthy(said:find("note: DPDK and guests run without hugepages: --hugepages off", 1, true), said)
    rig:write("moonrig.lua", 'return { hugepages = "off" }')
    local r = engine.here():run({ rig.exe, "run", "x", "-o", rig.work .. "/out" }, { cwd = rig.work, env = env "TMPDIR=" })
    assert.equal(0, r.code, r.err)
    assert.same({ hugepages = "off" }, moonrig.results(rig.work .. "/out").under_test)
    os.remove(rig.work .. "/moonrig.lua")
  end)

  it("have three words", function()
    local code, said = run({}, env("MOONRIG_HUGEPAGES=yes"))
    assert.equal(4, code, said)
    assert.is_truthy(said:find('hugepages: expected auto, off, on, got "yes"', 1, true), said)
  end)
end)

teardown(function() rig:remove() end)
