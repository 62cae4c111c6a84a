-- first cause: what a program reported, or how it ended, is in front of what was missing because of it. Runs the real
-- program; its testpmd and QEMU are fakes that print what real ones printed.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local BUILD = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"

-- DPDK 26.11-rc0 with QEMU 7.2; DPDK 22.11 that could map no guest memory.
local OVERLAP = { "VHOST_CONFIG: (/t/a) read message VHOST_USER_ADD_MEM_REG",
  "VHOST_CONFIG: (/t/a) requested memory region overlaps with another region",
  "VHOST_CONFIG: (/t/a) \tRequested region address:0x7f5eaffff000", "VHOST_CONFIG: (/t/a) \tRequested region size:0x40000000",
  "VHOST_CONFIG: (/t/a) \tOverlapping region address:0x7f5eaffff000",
  "VHOST_CONFIG: (/t/a) \tOverlapping region size:0x40000000",
  "VHOST_CONFIG: (/t/a) processing VHOST_USER_ADD_MEM_REG failed.",
  "VHOST_CONFIG: (/t/a) vhost message handling failed." }
local NO_MEMORY = { "VHOST_CONFIG: (/t/a) mmap failed (Cannot allocate memory).",
  "VHOST_CONFIG: (/t/a) failed to mmap region 0", "VHOST_CONFIG: (/t/a) processing VHOST_USER_SET_MEM_TABLE failed." }
local GIVEN_UP = { "qemu-system-x86_64: vhost_set_mem_table failed: Input/output error (5)",
  "qemu-system-x86_64: unable to start vhost net: 5: falling back on userspace virtio" }
local VIRTIO_USER = { "virtio_user_start_device(): (/t/a) Failed to start device" }
-- Another socket's lines between, DPDK's --log-timestamp, a socket with brackets.
local MIXED = { "[    1.25] VHOST_CONFIG: (/t/a (b)) read message VHOST_USER_SET_FEATURES",
  "[    1.26] VHOST_CONFIG: (/t/other) new device, handle is 1",
  "[    1.27] VHOST_CONFIG: (/t/a (b)) received invalid negotiated features.",
  "[    1.28] VHOST_CONFIG: (/t/a (b)) processing VHOST_USER_SET_FEATURES failed." }
-- Good runs have these.
local HARMLESS = { "VHOST_CONFIG: (/t/a) failed to connect: Connection refused", "VHOST_CONFIG: (/t/a) reconnecting...",
  "VHOST_CONFIG: (/t/a) vhost peer closed", "qemu-system-x86_64: Failed to set msg fds.",
  "qemu-system-x86_64: vhost VQ 0 ring restore failed: -22: Invalid argument (22)" }

local HEAD = [[
  local function start(name) return t:testpmd { name = name, program = "WORK/" .. name } end
  local one, two = start "one", start "two"
]]

-- A program that prints lines at its start.
local SCRIPT = "#!/bin/sh\ncat <<'END'\n%s\nEND\nexec %s/fake_testpmd \"$@\"\n"

local LOST = 'one:command "chatter 4000000"'
local MISSING = '_G.require("base.fail").raise("EPROTO", "x", "the answer is no table: null")'

describe("the reason of a case", function()
  local rig

  before_each(function() rig = moonrig.new() end)
  after_each(function() rig:remove() end)

  -- Its first lines, with the scenario's line as "AT: ", and its status.
  local function reason(steps, one, two)
    for name, lines in pairs { one = one or {}, two = two or {} } do
      engine.fs.chmod(rig:write(name, SCRIPT:format(table.concat(lines, "\n"), BUILD)), 493)
    end
    local text = (HEAD .. steps):gsub("WORK", rig.work)
    local _, said = rig:call { "run", rig:write("x.lua", moonrig.case(text)), "-o", rig.work .. "/out" }
    local results = assert(moonrig.results(rig.work .. "/out"), said)
    return results.cases[1].reason:gsub("/[^\n ]*x%.lua:%d+", "AT"), results.cases[1].status
  end

  local REFUSED, GAVE_UP = "the vhost backend refused a message (one.log): ",
    "QEMU gave up the NIC's vhost connection (two.log): vhost_set_mem_table failed: Input/output error (5), "
      .. "unable to start vhost net: 5"
  local first = {
    { "a refused message, whatever is lost behind it", LOST, OVERLAP, nil,
      { REFUSED .. "requested memory region overlaps with another region, Requested region address:0x7f5eaffff000, "
        .. "Requested region size:0x40000000, Overlapping region address:0x7f5eaffff000, "
        .. "Overlapping region size:0x40000000, processing VHOST_USER_ADD_MEM_REG failed (DPDK since 26.07 offers memory "
        .. "slots (CONFIGURE_MEM_SLOTS), and QEMU before 8.0 uses them wrongly: take QEMU 8.0 or later, such as "
        .. "--qemu debian:trixie)" } },
    { "a refused message among those of others", MISSING, MIXED, nil,
      { REFUSED .. "received invalid negotiated features, processing VHOST_USER_SET_FEATURES failed" } },
    { "a refused message, then QEMU that gave up", MISSING, NO_MEMORY, GIVEN_UP,
      { REFUSED .. "mmap failed (Cannot allocate memory), failed to mmap region 0, "
        .. "processing VHOST_USER_SET_MEM_TABLE failed", GAVE_UP } },
    { "QEMU that gave up alone", 'one:expect("never", 0.1)', nil, GIVEN_UP, { GAVE_UP } },
    { "a refused front end", MISSING, VIRTIO_USER, nil,
      { "the backend of virtio-user refused it (one.log): " .. VIRTIO_USER[1] } },
    { "a program that died", 'pcall(two.command, two, "die 7", 5) one:expect("never", 0.1)', nil, nil,
      { "two ended with exit status 7, but the case expected it to run" } },
    { "a program that was killed", 'two.console:signal "KILL" two.console:await_exit(5) ' .. MISSING, nil, nil,
      { "two ended with SIGKILL, but the case expected it to run" } },
  }
  for _, f in ipairs(first) do
    it("begins with " .. f[1], function()
      local text, status = reason(f[2], f[3], f[4])
      assert.equal("ERROR", status)
      local head = "AT: " .. table.concat(f[5], "\n") .. "\n"
      assert.equal(head, text:sub(1, #head))
    end)
  end

  it("begins with a scenario's own mistake, and with a failed check", function()
    local text, status = reason("t:testpmd { lcore = 1 }", OVERLAP)
    assert.equal("ERROR", status)
    assert.matches("^AT: testpmd: unknown option lcore[^\n]*\n" .. "the vhost backend refused", text)
    text, status = reason('t:equal(0, 1, "rx")', nil, GIVEN_UP)
    assert.equal("FAIL", status)
    assert.equal("rx: expected 1, got 0 (AT)\n" .. GAVE_UP, text:match "^[^\n]*\n[^\n]*")
  end)

  it("begins with what a case raised where programs only reconnected", function()
    local text = reason(MISSING, HARMLESS, HARMLESS)
    assert.equal("AT: x: the answer is no table: null", text)
  end)
end)
