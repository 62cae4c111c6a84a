-- core_files: a core is found by what it tells, wherever the kernel's pattern has put it.

local engine = require "engine"

local core_files = require "host.core_files"
local faulty = require "specs.faulty"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"

-- Calls fn() while these programs, { [name] = path }, are all that is on $PATH.
local function with_programs(programs, fn)
  local real = paths.program
  function paths.program(name) return programs[name] end
  local ok, err = pcall(fn)
  paths.program = real
  if not ok then error(err, 0) end
end

describe("core_files.find", function()
  local rig, folder, core

  before_each(function()
    rig = moonrig.new()
    folder = rig.work .. "/cores"
    assert(engine.fs.mkdir(folder))
  end)
  after_each(function() rig:remove() end)

  -- A core of a crashed leader of a session, below the folder; its pid.
  local function crash()
    if not faulty.leaves_cores() then return nil end
    local program = faulty.compile(rig.work, "-lpthread")
    assert(engine.fs.mkdir(folder .. "/7"))
    engine.here():run({ "setsid", "-w", "sh", "-c", 'ulimit -c unlimited; cd "$1"; echo null | "$2"', "sh",
      folder .. "/7", program })
    local name = (engine.fs.list(folder .. "/7") or {})[1]
    core = name and ("%s/7/%s"):format(folder, name)
    return core and engine.fs.core(core).sid
  end

  it("takes that of the session, in the program's folder", function()
    local sid = crash()
    if not sid then return pending "no cores here" end
    local path, told = core_files.find(sid, folder, "core")
    assert.equal(core, path)
    assert.equal("SIGSEGV", told.signal)
    assert.equal(rig.work .. "/faulty", told.program)
    assert.equal("faulty", told.name)
    local none, why = core_files.find(sid + 1, folder, "core")
    assert.is_nil(none)
    assert.matches('^no core was left %(kernel.core_pattern is "core"%)', why)
  end)

  it("takes it from a folder of the pattern's own", function()
    local sid = crash()
    if not sid then return pending "no cores here" end
    local other, name = rig.work .. "/other", "core-faulty.1234"
    assert(engine.fs.mkdir(other))
    assert(engine.fs.rename(core, ("%s/%s"):format(other, name)))
    rig:write("other/core-text.1", "no core")
    assert.equal(("%s/%s"):format(other, name), (core_files.find(sid, folder, other .. "/core-%e.%p")))
    assert.is_nil((core_files.find(sid, folder, other .. "/core.%e.%p")))
    assert.is_nil((core_files.find(sid, folder, other .. "/%e/core-%e.%p")))
  end)

  it("says where they go where a program takes them", function()
    local none, why = core_files.find(1, folder, "|/usr/share/apport/apport %p %s")
    assert.is_nil(none)
    assert.matches("cores go to a program", why)
    assert.matches("`sysctl kernel.core_pattern=core` keeps them here", why, 1, true)
  end)

  it("asks systemd's coredumpctl for it", function()
    local sid = crash()
    if not sid then return pending "no cores here" end
    -- the second call only has it
    engine.fs.chmod(rig:write("coredumpctl", ([[#!/bin/sh
      for word; do case $word in --output=*) to=${word#*=} ;; COREDUMP_PID=*) pid=${word#*=} ;; esac; done
      [ "$pid" = %d ] && [ -e %s/asked ] && exec cp %s "$to"
      : >%s/asked; exit 1]]):format(sid, rig.work, core, rig.work)), 493)
    with_programs({ coredumpctl = rig.work .. "/coredumpctl" }, function()
      local path, told = core_files.find(sid, folder, "|/lib/systemd/systemd-coredump %P")
      assert.same({ folder .. "/coredump", sid }, { path, told.sid })
    end)
  end)
end)

describe("backtrace.inside", function()
  local backtrace = require "host.backtrace"

  local function names(...)
    local frames, out = {}, {}
    for i, name in ipairs { ... } do
      frames[i] = { name = name:match "^%S+", text = name }
    end
    for i, frame in ipairs(backtrace.inside(frames)) do out[i] = frame.name end
    return table.concat(out, " ")
  end

  it("leaves out what the C library does around the program, with its symbols and without", function()
    assert.equal("store lcore", names("store", "lcore", "start_thread", "clone3"))
    assert.equal("store lcore", names("store", "lcore", "?? from /lib/libc.so.6", "?? libc.so.6"))
    assert.equal("?? lcore", names("?? libc.so.6", "lcore", "?? libc.so.6+0x27"))
    assert.equal("f ??", names("f", "?? /usr/lib/librte_x.so+0x34"))
    assert.equal("??", names("?? libc.so.6"))
  end)
end)

describe("backtrace.of", function()
  local backtrace = require "host.backtrace"

  it("reads elfutils' eu-stack where there is no gdb, and both are alike", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    if not faulty.leaves_cores() then return pending "no cores here" end
    local program = faulty.compile(rig.work, "-lpthread")
    engine.here():run({ "sh", "-c", 'ulimit -c unlimited; cd "$1"; echo thread | "$2"', "sh", rig.tmp, program })
    local core = rig.tmp .. "/" .. engine.fs.list(rig.tmp)[1]
    local said = {}
    for _, tool in ipairs { "gdb", "eu-stack", "none" } do
      with_programs({ [tool] = tool ~= "none" and paths.program(tool) or nil }, function()
        local frames, why = backtrace.of { core = core, program = program, seconds = 60 }
        said[tool] = why
        for i, f in ipairs(frames or {}) do frames[i] = ("%s %s\n"):format(f.name, f.place:match "[^/]*$") end
        if frames then said[tool] = table.concat(frames) end
      end)
    end
    os.remove(core)
    assert.matches("^store faulty.c:%d+\nlcore faulty.c:%d+\n$", said.gdb)
    assert.equal("install gdb or elfutils", said.none)
    if not paths.program "eu-stack" then return pending "no eu-stack" end
    assert.equal(said.gdb, said["eu-stack"])
  end)

  it("names the frame that aborted the program", function()
    local frames = {}
    for i, name in ipairs { "__pthread_kill_implementation", "__GI_raise", "__GI_abort", "__rte_panic", "f", "main" } do
      frames[i] = { name = name, place = name .. ".c:1" }
    end
    assert.equal(" in f (f.c:1)", backtrace.place(backtrace.culprit(frames)))
    assert.equal(" in ??", backtrace.place(backtrace.culprit { { name = "??" } }))
  end)
end)
