-- What is said of a guest that fails whatever reaches into it: asked of fakes.

local options = require "base.options"

local vm = require "vm.vm"

-- A QEMU that has ended (`exit`), or ends while it is waited for (`later`); counts how often it is waited for.
local function qemu(exit, later)
  local self = { waits = 0 }
  function self.exit() return exit end
  function self.await_exit()
    self.waits = self.waits + 1
    return exit or later
  end
  return self
end

-- A node whose commands end so: a result, nil and an error, or what is raised.
local function node(result, err, raised)
  return { asked = 0, run = function(self)
    self.asked = self.asked + 1
    if raised then error(raised, 0) end
    return result, err
  end }
end

-- QMP, whose answer to query-status is this, or nil and an error.
local function qmp(status, err, raised)
  return { execute = function(_, command)
    if raised then error(raised, 0) end
    assert.equal("query-status", command)
    return status, err
  end }
end

local ANSWER, LATE = { code = 0 }, { what = "no answer in 10 s" }
local RUNS = { running = true, status = "running" }

describe("vm.why_silent", function()
  it("waits for no end of a guest that answers", function()
    local q = qemu()
    assert.is_nil(vm.why_silent(q, node(ANSWER), qmp(RUNS)))
    assert.equal(0, q.waits)
  end)

  it("asks no guest whose QEMU has ended", function()
    local n = node(ANSWER)
    assert.equal("QEMU ended with SIGKILL", vm.why_silent(qemu { signal = "SIGKILL" }, n, qmp(RUNS)))
    assert.equal("QEMU ended with exit status 0", vm.why_silent(qemu { code = 0 }, n, qmp(RUNS)))
    assert.equal(0, n.asked)
  end)

  it("asks no guest that does not run", function()
    for _, status in ipairs { "paused", "postmigrate", "guest-panicked", "shutdown", "io-error" } do
      local n, q = node(ANSWER), qemu()
      local words, is_stuck = vm.why_silent(q, n, qmp { running = false, status = status })
      assert.equal("the guest does not run, QEMU's status is " .. status, words)
      assert.is_nil(is_stuck)
      assert.same({ 0, 0 }, { n.asked, q.waits })
    end
  end)

  it("asks no guest whose QEMU is silent, or ends", function()
    local n = node(ANSWER)
    local words, is_stuck = vm.why_silent(qemu(), n, qmp(nil, { code = "ETIMEDOUT", what = "no reply in 3.0 s" }))
    assert.equal("QEMU does not answer on QMP: no reply in 3.0 s", words)
    assert.is_true(is_stuck)
    assert.equal("QEMU ended with exit status 1",
      (vm.why_silent(qemu(nil, { code = 1 }), n, qmp(nil, { code = "EPIPE", what = "closed" }))))
    local closed = qmp(nil, nil, 'qmp "qmp" is closed')
    assert.equal("QEMU ended with SIGKILL", (vm.why_silent(qemu(nil, { signal = "SIGKILL" }), n, closed)))
    assert.equal("QEMU's monitor is closed", (vm.why_silent(qemu(), n, closed)))
    assert.equal(0, n.asked)
  end)

  it("tells QEMU's end where the guest's silence came of it", function()
    assert.equal("QEMU ended with exit status 1", vm.why_silent(qemu(nil, { code = 1 }), node(nil, LATE), qmp(RUNS)))
    assert.equal("QEMU ended with exit status 1",
      vm.why_silent(qemu(nil, { code = 1 }), node(nil, nil, "closed"), qmp(RUNS)))
  end)

  it("tells the session's end, and a silent guest, apart", function()
    assert.equal("the guest's SSH session is closed", vm.why_silent(qemu(), node(nil, nil, "closed"), qmp(RUNS)))
    assert.equal("the guest does not answer on SSH: no answer in 10 s",
      vm.why_silent(qemu(), node(nil, LATE), qmp(RUNS)))
  end)

  it("says nothing of a guest that never was reached, while its QEMU runs", function()
    assert.is_nil(vm.why_silent(qemu(), nil, qmp(RUNS)))
  end)

  it("waits for nothing of a QEMU that waits for its backends", function()
    local asked
    local q = { exit = function() end, await_exit = function(_, seconds) asked = seconds end }
    assert.is_nil(vm.why_silent(q, nil, nil))
    assert.equal(0, asked)
  end)
end)

describe("a VM that is let go", function()
  -- What is done to it.
  local function done(given)
    local out = {}
    local self = { is_silent = given.is_silent, qmp_client = given.qmp,
      serial = given.serial and { name = function() return "serial" end, tail = function() return given.serial end },
      node = not given.is_early and { cut = function() out[#out + 1] = "cut" end } or nil,
      qemu = qemu(given.exit) }
    function self.qemu.signal(_, name) out[#out + 1] = name end
    options.classes.vm.let_go(self)
    return table.concat(out, " ")
  end

  it("is asked to end where it runs, and has nothing to do where QEMU has ended", function()
    assert.equal("", done { qmp = qmp(RUNS), serial = "login:" })
    assert.equal("", done { qmp = qmp(RUNS), exit = { code = 0 } })
  end)

  it("loses its session where it does not run, where its kernel has stopped, where it was silent", function()
    assert.equal("cut", done { qmp = qmp { running = false, status = "postmigrate" }, serial = "" })
    assert.equal("cut", done { qmp = qmp(RUNS), serial = "Kernel panic - not syncing" })
    assert.equal("cut", done { qmp = qmp(RUNS), serial = "", is_silent = true })
    assert.equal("cut", done { qmp = qmp { running = false, status = "paused" } })
    assert.equal("", done { qmp = qmp { running = false, status = "inmigrate" }, is_early = true, serial = "" })
  end)

  it("is killed where QEMU waits for a backend", function()
    assert.equal("KILL", done { is_early = true })
    assert.equal("cut KILL", done { qmp = qmp(nil, { code = "ETIMEDOUT", what = "no reply" }) })
  end)
end)

describe("post_mortem.added", function()
  local post_mortem = require "case.post_mortem"
  local PANIC = "the guest's kernel stopped (serial.log): Kernel panic"

  -- The outcome of a case; what is in front of its reason is its place.
  local function added(status, reason, machines, programs, consoles, is_mistake)
    return post_mortem.added({ status = status, reason = reason, where = reason:match "^scripts/x%.lua:%d+",
      is_mistake = is_mistake }, machines, programs, consoles)
  end

  local function machine(words, is_cause)
    return { post_mortem = function() return words, is_cause end }
  end

  local function program(words)
    return { unexpected_end = function() return words end }
  end

  local GONE = "vhost ended with SIGSEGV, but the case expected it to run"
  local QEMU = "unable to start vhost net: 5"

  -- A console with one line of a fault.
  local function console(name, text, line)
    return { name = function() return name end, find = function(_, texts)
      for i, one in ipairs(texts) do
        if one:find(text, 1, true) then return { { which = i, lines = line .. "\n" } } end
      end
      error "no such text"
    end }
  end

  it("puts a fault that a program reported, and its end, in front of what was missing", function()
    local gave_up = console("qemu", "unable to start", "qemu: " .. QEMU .. ": falling back on userspace virtio")
    local refused = console("vhost", "processing", "VHOST_CONFIG: (/a/b) processing VHOST_USER_SET_MEM_TABLE failed.")
    assert.equal("scripts/x.lua:3: the vhost backend refused a message (vhost.log): processing VHOST_USER_SET_MEM_TABLE "
      .. "failed\nQEMU gave up the NIC's vhost connection (qemu.log): " .. QEMU .. "\n" .. GONE
      .. "\nthe answer is no table: null", added("ERROR", "scripts/x.lua:3: the answer is no table: null", {},
      { program(GONE) }, { gave_up, refused }))
    assert.equal("rx: expected 1, got 0 (scripts/x.lua:3)\nQEMU gave up the NIC's vhost connection (qemu.log): " .. QEMU,
      added("FAIL", "rx: expected 1, got 0 (scripts/x.lua:3)", {}, {}, { gave_up }))
  end)

  it("has no cause for a mistake of the scenario, and says no end twice", function()
    local mistake = "scripts/x.lua:3: testpmd: unknown option lcore"
    assert.equal(mistake .. "\n" .. GONE, added("ERROR", mistake, {}, { program(GONE) }, {}, true))
    local told = "scripts/x.lua:3: expect: vhost ended with SIGSEGV while \"x\" was awaited"
    assert.equal(told .. "\n" .. GONE, added("ERROR", told, {}, { program(GONE) }))
    told = "scripts/x.lua:3: vm: QEMU ended at its start with exit status 1"
    assert.equal(told .. "\nQEMU ended with exit status 1",
      added("ERROR", told, { machine("QEMU ended with exit status 1", true) }, {}))
    assert.equal("scripts/x.lua:3: " .. GONE .. "\nodd: myvhost ended early",
      added("ERROR", "scripts/x.lua:3: odd: myvhost ended early", {}, { program(GONE) }))
    local lost = "s ended with no exit status, but the case expected it to run"
    assert.equal("scripts/x.lua:3: odd\n" .. lost, added("ERROR", "scripts/x.lua:3: odd", {}, { program(lost) }))
    assert.equal("scripts/x.lua:3: " .. PANIC .. "\nodd\n" .. GONE, added("ERROR", "scripts/x.lua:3: odd",
      { machine(PANIC, true) }, { program(GONE) }))
  end)

  it("survives a console that cannot be asked", function()
    assert.equal("odd\n" .. GONE, added("ERROR", "odd", {}, { program(GONE) }, { { find = error } }))
  end)

  it("puts what explains an error in front of it, behind the scenario's line", function()
    local seen = "scripts/x.lua:3: no answer; last lines:\n  x.lua:9: odd"
    assert.equal("scripts/x.lua:3: " .. PANIC .. "\nno answer; last lines:\n  x.lua:9: odd\nsecondary ended",
      added("ERROR", seen, { machine(PANIC, true) }, { program "secondary ended", program(nil) }))
    assert.equal("case ran for 3 s\n" .. PANIC, added("ERROR", "case ran for 3 s", { machine(PANIC, true) }, {}))
  end)

  it("leaves a failed check in front, and what may be a consequence itself", function()
    local seen = "rx: expected 1, got 0 (scripts/x.lua:3)"
    assert.equal(seen .. "\n" .. PANIC, added("FAIL", seen, { machine(PANIC, true) }, {}))
    assert.equal("scripts/x.lua:3: odd\nQEMU ended",
      added("ERROR", "scripts/x.lua:3: odd", { machine "QEMU ended" }, {}))
  end)

  it("says nothing twice, of who lives, of a case that passed, or where it cannot be asked", function()
    assert.equal("odd\n" .. PANIC .. "\ngone", added("FAIL", "odd", { machine(PANIC, true), machine(PANIC, true) },
      { program "gone", program "gone" }))
    assert.equal("odd", added("ERROR", "odd", { machine(nil) }, { program(nil) }))
    assert.equal("known", added("XFAIL", "known", { machine(PANIC, true) }, {}))
    assert.equal("odd", added("ERROR", "odd", { { post_mortem = function() error "closed" end } }, {}))
  end)
end)

describe("vm.kernel_failure", function()
  local function serial(text)
    return { name = function() return "serial-2" end, tail = function() return text end }
  end

  it("has the kernel's words, and names the console that said them", function()
    local words, is_cause = vm.kernel_failure(serial "x\n[ 7.0] Kernel panic - oops\r\ny")
    assert.equal("the guest's kernel stopped (serial-2.log): Kernel panic - oops", words)
    assert.is_true(is_cause)
    words, is_cause = vm.kernel_failure(serial "x\n[ 7.0] I/O error, dev vda\ny")
    assert.equal("the guest's kernel logged (serial-2.log): [ 7.0] I/O error, dev vda", words)
    assert.is_nil(is_cause)
    assert.is_nil(vm.kernel_failure(serial "login:"))
  end)
end)
