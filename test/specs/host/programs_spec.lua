-- programs: the versions in a run's results are those of the files that ran.

local engine = require "engine"

local compare = require "results.compare"
local helper = require "specs.helper"
local junit = require "format.junit"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"
local programs = require "host.programs"

local folder

local function script(name, text)
  local path = ("%s/%s"):format(folder, name)
  paths.write(path, "#!/bin/sh\n" .. text)
  assert(engine.fs.chmod(path, 493))
  return path
end

local function sha256(path) return engine.here():run({ "sha256sum", path }).out:match "^%x+" end

-- A case that ran this file.
local function ran(path, more)
  local record = { name = "it", program = "it", path = path, sha256 = path and sha256(path) }
  for key, value in pairs(more or {}) do record[key] = value end
  return { status = "PASS", programs = { record } }
end

local function version_of(case, kind)
  programs.complete(case)
  return programs.version({ case }, kind or "dpdk")
end

describe("the version of a program that ran", function()
  setup(function() folder = engine.scratch() end)
  teardown(function() engine.fs.rmtree(folder) end)

  it("is what DPDK's programs print of themselves, whatever their name and their package", function()
    for i, version in ipairs { "22.11.11", "26.11.0-rc0", "24.11.8", "25.11.2" } do
      -- with the EAL linked in, it is found in the file
      local path = script("own" .. i, ('# RTE Version: \'%%s\'\necho "EAL: RTE Version: \'DPDK %s\'"\n'):format(version))
      assert.equal(version, version_of(ran(path)))
    end
  end)

  it("is what QEMU prints of itself", function()
    local path = script("my-qemu", "echo 'QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-1)'; echo 'Copyright'\n")
    assert.equal("10.0.2 (Debian 1:10.0.2+ds-1)", version_of(ran(path, { kind = "qemu" }), "qemu"))
    assert.equal("not used", version_of(ran(path, { kind = "qemu" }), "dpdk"))
  end)

  it("is its telemetry's, where it had told it", function()
    local path = script("told", "# RTE Version: '%s'\necho \"RTE Version: 'DPDK 1.2'\"\n")
    assert.equal("23.11.2", version_of(ran(path, { version = "DPDK 23.11.2" })))
  end)

  it("is not asked of another program, nor of a file that is another by now", function()
    local asked = folder .. "/asked"
    local other = ran(script("other", ("echo asked >%s\n"):format(asked)))
    assert.equal("not used", version_of(other))
    local changed = script("changed", ("# RTE Version: '%%s'\necho asked >%s\n"):format(asked))
    local case = ran(changed, { kind = "dpdk" })
    script("changed", ("# RTE Version: '%%s'\necho twice >%s\n"):format(asked))
    assert.equal("unknown", version_of(case))
    assert(os.remove(changed))
    assert.equal("unknown", version_of(case))
    assert.equal("unknown", version_of(ran(nil, { kind = "qemu" }), "qemu"))
    assert.is_nil(engine.fs.stat(asked))
  end)

  it("is asked with the loader that started it", function()
    local path = script("loaded", "# RTE Version: '%s'\n")
    local loader = script("ld-x.so", "[ \"$1\" = --library-path ] && echo \"EAL: RTE Version: 'DPDK 9.$2'\"\n")
    assert.equal("9.5", version_of(ran(path, { argv = { loader, "--library-path", "5", path } })))
  end)

  it("is all of them, with the nodes that are not this machine", function()
    local cases = { ran(nil, { version = "DPDK 26.11.0" }), ran(nil, { version = "DPDK 22.11.11", node = "vm" }),
      ran(nil, { version = "DPDK 26.11.0" }), ran(nil, { kind = "qemu" }) }
    assert.equal("22.11.11 (vm), 26.11.0", programs.version(cases, "dpdk"))
    assert.equal("unknown", programs.version(cases, "qemu"))
    assert.equal("not used", programs.version({}, "dpdk"))
  end)
end)

describe("what ran", function()
  local function run(version, hash)
    return helper.run_of { helper.case_of("PASS", { programs = {
      { name = "testpmd", program = "dpdk-testpmd", path = "/opt/testpmd", version = version, sha256 = hash:rep(64) },
      { name = "mp-0", node = "vm", program = "symmetric_mp", sha256 = ("a"):rep(64) } } }) }
  end

  it("is in JUnit's properties", function()
    local text = junit.text(run("DPDK 22.11.11", "b"))
    assert.matches('<property name="program.testpmd" value="/opt/testpmd, DPDK 22.11.11, sha256 bbbbbbbbbbbb"/>', text, 1, true)
    assert.matches('<property name="program.mp-0 on vm" value="symmetric_mp, sha256 aaaaaaaaaaaa"/>', text, 1, true)
  end)

  it("is compared: another version, another build of one version, but not what only one ran", function()
    local was = run("DPDK 22.11.11", "b")
    assert.same({}, compare.of(was, run("DPDK 22.11.11", "b")).versions)
    assert.same({ "testpmd: /opt/testpmd, DPDK 22.11.11, sha256 cccccccccccc, was /opt/testpmd, DPDK 22.11.11, sha256 bbbbbbbbbbbb" },
      compare.of(was, run("DPDK 22.11.11", "c")).versions)
    assert.matches("^testpmd: [^\n]*DPDK 23.11.2", compare.of(was, run("DPDK 23.11.2", "b")).versions[1])
    assert.same({}, compare.of(was, helper.run_of { helper.case_of "PASS" }).versions)
  end)
end)

describe("a run with another testpmd first on PATH", function()
  it("names that one in its results", function()
    local rig = moonrig.new()
    local build = rig.exe:match "^(.*)/"
    assert(engine.fs.mkdir(rig.work .. "/bin"))
    assert(engine.fs.symlink(build .. "/fake_testpmd", rig.work .. "/bin/dpdk-testpmd"))
    rig:write("x.lua", moonrig.case [[t:testpmd {}:quit() t:equal(1, 1, "one")]])
    local code, said = rig:call({ "run", rig.work .. "/x.lua", "-o", rig.work .. "/out" },
      { ("PATH=%s/bin:%s"):format(rig.work, os.getenv "PATH") })
    assert.equal(0, code, said)
    local run = moonrig.results(rig.work .. "/out")
    -- the fake is no DPDK, and Debian's package did not run
    assert.equal("not used", run.dpdk)
    assert.equal("not used", run.qemu)
    assert.equal(build .. "/fake_testpmd", run.cases[1].programs[1].path)
    assert.equal(sha256(build .. "/fake_testpmd"), run.cases[1].programs[1].sha256)
    assert.matches("program.testpmd\" value=\"" .. build .. "/fake_testpmd, sha256 ",
      moonrig.read(rig.work .. "/out/latest/junit.xml"), 1, true)
    rig:remove()
  end)
end)
