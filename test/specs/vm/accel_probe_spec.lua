-- accel.verdict comes back with "no" whatever QEMU does under a KVM that hangs. By a process each: its exit is part of it.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local stuckfs = rig.exe:match "^(.*)/" .. "/fake_stuckfs"
local mount = rig.work .. "/mount"
assert(engine.fs.mkdir(mount))
local NO_FUSE = 77 -- fake_stuckfs's exit status

local IGNORES = "trap '' HUP INT TERM QUIT\n"
local VERSION = '[ "$1" != --version ] || exit 0\n'

local QUIET = "did not boot, and printed nothing for %d+ s$"

-- { what, fake QEMU, the reason }
local FAKES = {
  { "ignores all signals, and prints nothing", VERSION .. IGNORES .. "while :; do sleep 1000; done", QUIET },
  { "exits, and its child keeps the output open", VERSION .. "setsid sleep 30 & exit 1", "QEMU did not boot" },
  { "floods its output", VERSION .. IGNORES .. "exec yes moonrig", "did not boot" },
  { "floods without a newline", VERSION .. "exec tr '\\0' m </dev/zero", QUIET },
  { "prints, and then stops booting", VERSION .. IGNORES .. "echo Linux; echo PCI; while :; do sleep 1000; done", QUIET },
  { "prints for ever, slowly", VERSION .. IGNORES .. "while :; do echo Linux; sleep 1; done", "did not boot in %d+ s$" },
  { "was stopped", VERSION .. "kill -STOP $$", QUIET },
  { "hangs in the kernel, beyond SIGKILL", VERSION .. ("exec %s %s 90 cat %s/x"):format(stuckfs, mount, mount),
    QUIET },
  { "hangs before its version", IGNORES .. "while :; do sleep 1000; done", "version: .* did not exit in %d+ s" },
}

-- There is a /dev/kvm, for it.
local PROBE = [[
local accel = require "vm.accel"
local engine = require "engine"
local stat, access = engine.fs.stat, engine.fs.access
engine.fs.stat = function(path) return path == "/dev/kvm" or stat(path) end
engine.fs.access = function(path, how) return path == "/dev/kvm" or access(path, how) end
return { main = function(args)
  accel.limits = { quiet = 10, most = 20 }
  assert(engine.guard(args[3]))
  local verdict = accel.verdict({ id = "x", kernel = "k", initrd = "i" }, args[2])
  print("probed", verdict.works, verdict.why)
  return 0
end }
]]

local probe = rig:write("probe.lua", PROBE)

local function run(n, text)
  local qemu, folder = rig:write("qemu" .. n, "#!/bin/sh\n" .. text .. "\n"), rig.work .. "/cache" .. n
  assert(engine.fs.chmod(qemu, 493))
  assert(engine.fs.mkdir(folder))
  local code, out = rig:call({ "_lua", probe, qemu, folder }, { "MOONRIG_CACHE=" .. folder }, 100)
  return { code = code, out = out }
end

local has_fuse
local runs = {}

-- all at once: they wait
lazy_setup(function()
  has_fuse = assert(engine.here():run({ stuckfs, mount, "1", "true" }, { timeout = 30 })).code ~= NO_FUSE
  for n, fake in ipairs(FAKES) do runs[n] = engine.task(run, n, fake[2]) end
  for n in ipairs(FAKES) do runs[n] = assert(runs[n]:join(110)) end
end)

describe("the probe of KVM, with a QEMU that", function()
  for n, fake in ipairs(FAKES) do
    it(fake[1], function()
      if fake[2]:find(stuckfs, 1, true) and not has_fuse then return pending "needs FUSE, and a namespace of its own" end
      assert.is_true(runs[n][1], tostring(runs[n][2]))
      assert.equal(0, runs[n][2].code, runs[n][2].out)
      assert.matches("probed\tfalse\t[^\n]*" .. fake[3]:gsub("%$$", "\n"), runs[n][2].out)
    end)
  end
end)

-- The file system that answers nothing outlives its probe, which the kernel does not let go before.
local function let_go()
  for _, p in ipairs(rig:processes()) do
    if p.words:find("fake_stuckfs", 1, true) then engine.here():run { "kill", "-KILL", p.pid } end
  end
  local deadline = engine.now() + 10
  repeat engine.elapse(0.05) until rig:leftovers() == "" or engine.now() > deadline
end

lazy_teardown(function()
  let_go()
  rig:remove()
end)
