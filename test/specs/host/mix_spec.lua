-- mix: guests have another DPDK than this machine only where a person asks for it, and each report of a case says so.

local engine = require "engine"

local cache_folder = require "host.cache_folder"
local dpdk_build = require "host.dpdk_build"
local dpdk_disk = require "host.dpdk_disk"
local junit = require "format.junit"
local mix = require "host.mix"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"
local screen = require "report.screen"
local tap = require "format.tap"
local terminal = require "base.terminal"
local under_test = require "host.under_test"

local rig = moonrig.new():settle()
local exe = rig.exe
local before = os.getenv "MOONRIG_CACHE"

-- A meson build folder whose testpmd is /bin/PROGRAM.
local function build(name, program)
  local folder = ("%s/%s/build"):format(rig.work, name)
  for _, below in ipairs { "app", "meson-info", "../app/test-pmd" } do paths.make(folder .. "/" .. below) end
  paths.write(folder .. "/../meson.build", "")
  paths.write(folder .. "/meson-info/meson-info.json", ('{"directories":{"source":"%s/%s"}}'):format(rig.work, name))
  paths.write(folder .. "/meson-info/intro-buildoptions.json", "[]")
  assert.equal(0, engine.here():run({ "cp", "/bin/" .. program, folder .. "/app/dpdk-testpmd" }).code)
  return folder
end

local one, two

setup(function()
  engine.sys.setenv("MOONRIG_CACHE", rig.work .. "/cache")
  one, two = build("one", "true"), build("two", "false")
end)

teardown(function()
  engine.sys.setenv("MOONRIG_CACHE", before or "")
  rig:remove()
end)

after_each(function()
  cache_folder.release()
  under_test.choose()
end)

describe("the DPDK of guests", function()
  it("is that of this machine, unless another was chosen", function()
    under_test.choose { dpdk = one }
    assert.equal(dpdk_disk.of(dpdk_build.at(one)).id, under_test.disk().id)
    under_test.choose { dpdk = one, guest_dpdk = two }
    local other = under_test.disk()
    assert.equal(dpdk_disk.of(dpdk_build.at(two)).id, other.id)
    assert.not_equal(dpdk_disk.of(dpdk_build.at(one)).id, other.id)
    assert.equal(one .. "/app/dpdk-testpmd", under_test.program("testpmd", "dpdk-testpmd"))
    under_test.choose { dpdk = one }
    assert.equal(dpdk_disk.of(dpdk_build.at(one)).id, under_test.disk().id)
  end)
end)

describe("a mix", function()
  it("is of a case with a guest, where another DPDK was chosen for guests", function()
    local places = { dpdk = one, guest_dpdk = two }
    local disk = dpdk_disk.of(dpdk_build.at(two))
    -- these print no version
    assert.same({ guest = two, host = one }, mix.of({ dpdk_disk = disk.id }, places))
    assert.is_nil(mix.of({}, places))
    assert.is_nil(mix.of({ dpdk_disk = disk.id }, { dpdk = one }))
    assert.is_nil(mix.of({ dpdk_disk = disk.id }, nil))
  end)

  local case = { plan = "p", name = "c", status = "PASS", seconds = 4, mix = { guest = "24.11.8", host = "25.11.4" } }
  local WORDS = "guest dpdk 24.11.8, host dpdk 25.11.4"

  it("is in the verdict line", function()
    local said = {}
    local shows = screen.new({}, terminal.new { write = function(text) said[#said + 1] = text end })
    shows:finish({ plan = "p", name = "c" }, case)
    assert.equal(("PASS  p/c  4.0 s  (%s)\n"):format(WORDS), table.concat(said))
  end)

  it("is in TAP and in JUnit's XML", function()
    assert.is_truthy(tap.text({ cases = { case } }):find(("ok 1 - p/c\n# p/c: %s\n"):format(WORDS), 1, true))
    local text = junit.text { cases = { case }, dpdk_build = { place = "A", version = "DPDK 25.11.4" },
      guest_dpdk_build = { place = "B", version = "DPDK 24.11.8" }, under_test = { dpdk = "A", guest_dpdk = "B" } }
    assert.is_truthy(text:find(WORDS, 1, true), text)
    assert.is_truthy(text:find('<property name="under_test.guest_dpdk" value="B (24.11.8)"/>', 1, true), text)
    assert.is_truthy(text:find('<property name="under_test.dpdk" value="A (25.11.4)"/>', 1, true), text)
  end)
end)

describe("--guest-dpdk", function()
  -- Runs a case without a guest, in a working folder. Returns what was under test.
  local function chosen(args, env, folder)
    local out = rig.work .. "/out"
    local words = { "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder or rig.work, exe, "run",
      rig.work .. "/scripts/x.lua", "-o", out, "-q" }
    for _, word in ipairs(args) do words[#words + 1] = word end
    local all = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache", "MOONRIG_DPDK=", "MOONRIG_QEMU=",
      "MOONRIG_GUEST_DPDK=" }
    for _, word in ipairs(env or {}) do all[#all + 1] = word end
    local r = engine.here():run(words, { env = all, timeout = 60 })
    return r.code == 0 and moonrig.results(out).under_test or r.err, r.out, moonrig.results(out)
  end

  setup(function() rig:write("scripts/x.lua", moonrig.case 't:equal(1, 1, "one")') end)

  it("is a choice of the command line, the environment or the project file, in that order", function()
    local _, said, results = chosen { "--dpdk", one, "--guest-dpdk", two }
    assert.same({ dpdk = one, guest_dpdk = two }, results.under_test)
    assert.same({ one, two }, { results.dpdk_build.place, results.guest_dpdk_build.place })
    -- no guest, no mix
    assert.is_nil(results.cases[1].mix)
    assert.is_nil(said:find("guest dpdk", 1, true))
    assert.same({ dpdk = one, guest_dpdk = two }, (chosen({ "--dpdk", one }, { "MOONRIG_GUEST_DPDK=" .. two })))
    assert.same({ dpdk = two, guest_dpdk = one },
      (chosen({ "--dpdk", two, "--guest-dpdk", one }, { "MOONRIG_GUEST_DPDK=" .. two })))
    paths.make(rig.work .. "/project")
    rig:write("project/moonrig.lua", 'return { dpdk = "../one", guest_dpdk = "../two/build" }')
    local found = chosen({}, nil, rig.work .. "/project")
    assert.equal(engine.fs.realpath(two), engine.fs.realpath(found.guest_dpdk))
    assert.same({ dpdk = one }, (chosen({ "--dpdk", one, "--guest-dpdk", "same" }, nil, rig.work .. "/project")))
  end)

  it("that names this machine's is no mix, also by another path", function()
    for _, place in ipairs { one, rig.work .. "/one", rig.work .. "/two/../one/build", "same" } do
      local found, _, results = chosen { "--dpdk", one, "--guest-dpdk", place }
      assert.same({ dpdk = one }, found)
      assert.is_nil(results.guest_dpdk_build)
    end
  end)

  it("that is none is an error before anything runs", function()
    assert.matches('there is no "/nowhere"', (chosen { "--guest-dpdk", "/nowhere" }))
  end)

  it("given twice is a run for each", function()
    local _, said = chosen { "--dpdk", one, "--guest-dpdk", "same", "--guest-dpdk", two }
    assert.is_truthy(said:find(("\n1  dpdk %s (not used), qemu not used: "):format(one), 1, true), said)
    assert.is_truthy(said:find(("\n2  dpdk %s (not used), guest dpdk %s, qemu not used: "):format(one, two), 1, true), said)
  end)
end)
