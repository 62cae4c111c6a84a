-- identity: which file a program of the case is, and whose telemetry answers.

local engine = require "engine"

local case = require "case.case"
local context = require "case.context"
local identity = require "host.identity"
local paths = require "base.paths"

local build = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
local FAKE = build .. "/fake_testpmd"
local ctx, result, t

before_each(function()
  ctx, result = context.new(engine.now(), function() end)
  t = case.new(ctx)
end)

after_each(function()
  assert(engine.close_all(30))
  ctx:clean()
end)

local function script(name, text)
  local path = ctx.scratch .. "/" .. name
  paths.write(path, text)
  assert(engine.fs.chmod(path, 493))
  return path
end

local function sha256(path)
  return engine.here():run({ "sha256sum", path }).out:match "^%x+"
end

describe("a program of the case", function()
  it("is recorded with its file and that file's hash", function()
    t:testpmd { program = FAKE, hugepages = false }:quit()
    assert.same({ { name = "testpmd", program = FAKE, path = FAKE, sha256 = sha256(FAKE) } }, result.programs)
    assert.same({}, result.notices)
  end)

  it("behind a wrapper is the one that the wrapper waits for, and a notice says so", function()
    local inner = script("inner", ("#!/bin/sh\n%s \"$@\"\nexit $?\n"):format(FAKE))
    for i, text in ipairs { "#!/bin/sh\n%s \"$@\"\nexit $?\n", "#!/bin/sh\n" .. inner .. " \"$@\"\nexit $?\n" } do
      local wrapper = script("dpdk-testpmd", text:format(FAKE))
      t:testpmd { program = wrapper, hugepages = false }:quit()
      assert.equal(FAKE, result.programs[i].path)
      assert.equal(sha256(FAKE), result.programs[i].sha256)
      assert.same({ ("dpdk-testpmd is %s (a wrapper at %s)"):format(FAKE, wrapper) }, result.notices)
    end
  end)

  it("that its own loader started is that program, with the loader's words", function()
    local loader = engine.here():run({ "sh", "-c", "ls /lib64/ld-linux-* /lib/ld-linux-* 2>/dev/null | head -n 1" }).out:match "%S+"
    local wrapper = script("dpdk-testpmd", ("#!/bin/sh\nexec %s --library-path /lib:/usr/lib %s \"$@\"\n"):format(loader, FAKE))
    t:testpmd { program = wrapper, hugepages = false }:quit()
    local record = result.programs[1]
    assert.equal(FAKE, record.path)
    assert.equal(sha256(FAKE), record.sha256)
    assert.same({ engine.fs.realpath(loader), "--library-path", "/lib:/usr/lib", FAKE }, record.argv)
  end)

  it("that a wrapper became is the real one, and a notice says so", function()
    local wrapper = script("dpdk-testpmd", ("#!/bin/sh\nexec %s \"$@\"\n"):format(FAKE))
    t:testpmd { program = wrapper, hugepages = false }:quit()
    assert.equal(FAKE, result.programs[1].path)
    assert.same({ ("dpdk-testpmd is %s (a wrapper at %s)"):format(FAKE, wrapper) }, result.notices)
  end)

  it("of another name is told with both", function()
    local link = ctx.scratch .. "/dpdk-testpmd"
    assert(engine.fs.symlink(FAKE, link))
    t:testpmd { program = link, hugepages = false }:quit()
    assert.same({ ("dpdk-testpmd is %s (a link at %s)"):format(FAKE, link) }, result.notices)
  end)

  it("may be one that many are: its hash is taken for each file that is not the same", function()
    local copy = ctx.scratch .. "/fake_testpmd"
    assert.equal(0, engine.here():run({ "cp", FAKE, copy }).code)
    local f = assert(io.open(copy, "ab"))
    f:write "x"
    f:close()
    t:testpmd { program = FAKE, hugepages = false }:quit()
    t:testpmd { program = copy, name = "other" }:quit()
    assert.equal(sha256(copy), result.programs[2].sha256)
    assert.not_equal(result.programs[1].sha256, result.programs[2].sha256)
  end)

  it("that becomes another one while it is looked at is that one, and no other's hash is kept", function()
    local here, cache = engine.here, os.getenv "MOONRIG_CACHE"
    engine.sys.setenv("MOONRIG_CACHE", ctx.scratch .. "/cache")
    local console = assert(here():spawn({ "sh", "-c", "read -r line; exec sleep 60" }, { name = "sh" }))
    local exe, becomes = ("/proc/%d/exe"):format(console:pid()), true
    local function run(_, ...)
      if becomes then
        becomes = false
        console:type "\n"
        t:eventually(10, function() return engine.fs.realpath(exe):find "sleep$" end)
      end
      return here():run(...)
    end
    engine.here = function() return { run = run } end
    local ok, record = pcall(identity.record, ctx, here(), console, "sh")
    local other = assert(here():spawn({ "sh", "-c", "read -r line" }, { name = "other" }))
    local is_second, second = pcall(identity.record, ctx, here(), other, "sh")
    engine.here = here
    engine.sys.setenv("MOONRIG_CACHE", cache or "")
    assert.is_true(ok, tostring(record))
    assert.is_true(is_second, tostring(second))
    assert.is_false(becomes)
    assert.matches("sleep$", record.path)
    assert.equal(sha256(record.path), record.sha256)
    assert.equal(sha256 "/bin/sh", second.sha256)
    console:close(5)
    other:close(5)
  end)

  it("that works with others is one, too", function()
    local file = build .. "/fake_hotplug_mp"
    engine.sys.setenv("FAKE_DEVICES", ctx.scratch .. "/devices")
    engine.sys.setenv("FAKE_FAULT", "")
    t:hotplug_mp { program = file, name = "mp-0" }:quit()
    assert.equal("mp-0", result.programs[1].name)
    assert.equal(file, result.programs[1].path)
  end)
end)

describe("telemetry of a program of the case", function()
  local connect = engine.telemetry
  local is_closed

  -- Whoever connects is greeted by this process.
  local function greeted_by(pid)
    is_closed = false
    engine.telemetry = function()
      return { greeting = function() return { pid = pid, version = "DPDK 22.11.11" } end,
        close = function() is_closed = true end }
    end
  end

  after_each(function() engine.telemetry = connect end)

  it("is its own, and tells the version", function()
    local pmd = t:testpmd { program = FAKE }
    greeted_by(pmd.console:pid())
    pmd:telemetry()
    assert.equal("DPDK 22.11.11", result.programs[1].version)
    assert.is_false(is_closed)
    pmd:quit()
  end)

  it("of another process is an error that names both", function()
    local pmd, other = t:testpmd { program = FAKE }, t:testpmd { program = FAKE, name = "other" }
    for _, pid in ipairs { other.console:pid(), engine.sys.pid(), 1, 0, 2 ^ 22 + 1 } do
      greeted_by(pid)
      local ok, err = pcall(pmd.telemetry, pmd)
      assert.is_false(ok)
      assert.equal(("telemetry connect: %s: process %d answers, and testpmd is process %d"):format(
        pmd.telemetry_path, pid, pmd.console:pid()), tostring(err))
      assert.is_true(is_closed)
    end
    assert.is_nil(result.programs[1].version)
    pmd:quit()
    other:quit()
  end)

  it("is that of a program behind a wrapper, too", function()
    local pmd = t:testpmd { program = script("w", ("#!/bin/sh\n%s \"$@\"\nexit $?\n"):format(FAKE)) }
    local own = pmd.console:pid()
    local child = paths.read(("/proc/%d/task/%d/children"):format(own, own)):match "%d+"
    greeted_by(tonumber(child))
    pmd:telemetry()
    pmd:quit()
  end)

  it("of a process that works with others is looked at as well", function()
    engine.sys.setenv("FAKE_DEVICES", ctx.scratch .. "/devices")
    engine.sys.setenv("FAKE_FAULT", "")
    local process = t:hotplug_mp { program = build .. "/fake_hotplug_mp", name = "mp-0" }
    greeted_by(engine.sys.pid())
    local ok, err = pcall(process.telemetry, process)
    assert.is_false(ok)
    assert.matches("mp%-0 is process %d+$", tostring(err))
    process:quit()
  end)
end)
