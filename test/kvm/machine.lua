--- machine: the Debian that `make kvm` boots under emulation: its disks, and its QEMU.

local cache_folder = require "host.cache_folder"
local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local manifest = require "host.manifest"
local paths = require "base.paths"
local release = require "host.release"
local script = require "host.script"

local machine = {}

-- For the packages, most of it.
local BUILD_SECONDS = 1800

local RESULTS_BYTES = 2 ^ 28

-- The machine's second is so many of ours, so that deadlines in it do not depend on what else runs on its host: under a
-- load of 20 on 2 cores, QEMU took 30 s to its greeting there. What the machine computes takes as long as ever.
local SLOWER = 4

-- ld.so knows where libraries are ($LIB)
local CLOCK = { "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1", ("FAKETIME=+0 x%g"):format(1 / SLOWER) }

local FILES = { "vmlinuz", "initrd.img", "root.squashfs" }

-- What of our tree runs there.
local TREE = { "build/moonrig", "build/shim", "build/lib.bytecode", "build/options.lua", "lib", "vm", "scripts",
  "test/kvm" }

local function home(name) return engine.home() .. "/" .. name end

-- Another recipe makes another disk.
local function id()
  local parts = { release.suite() }
  for _, name in ipairs { "test/kvm/disk.sh", "test/kvm/init", "engine/tools/needs/table" } do
    parts[#parts + 1] = paths.read(home(name))
  end
  return script.command({ "sha256sum" }, { input = table.concat(parts, "\0") }):sub(1, 16)
end

local function build(folder, key)
  cache_folder.alone("kvm.lock", "building the machine", function()
    cache_folder.apart("kvm", function(work)
      local out = work .. "/out"
      paths.make(out)
      script.command({ "sh", home "test/kvm/disk.sh" }, { timeout = BUILD_SECONDS,
        env = { "OUT=" .. out, "SUITE=" .. release.suite(), "TABLE=" .. home "engine/tools/needs/table" } })
      cache_folder.finish(out, folder, key, FILES)
    end)
  end)
end

--- The folder of its kernel, initrd and disk in the cache, built if need be; on_build() is called before.
function machine.folder(on_build)
  local key = id()
  local folder = ("%s/machine-%s"):format(paths.cache(), key)
  local built = manifest.read(folder)
  if not built or manifest.changed(folder, built) then
    on_build()
    build(folder, key)
  end
  -- `moonrig clean` leaves it alone until our exit
  local err = cache_folder.hold(folder)
  if err then error(err, 0) end
  return folder
end

-- DPDK's disk and examples as a machine from this folder has built them, which takes it minutes. Their names and stamps
-- are of its own files, and hold as long as it does: it builds again what has changed.
local function kept(folder) return folder .. "/cache" end

--- Keeps what the machine has built, of its results (unpacked in `out`), for the next.
function machine.keep(folder, out)
  if engine.fs.stat(out .. "/cache") then
    engine.fs.rmtree(kept(folder))
    script.command { "mv", out .. "/cache", kept(folder) }
  end
end

--- Makes in `work`: tree.squashfs with our tree, the names of the steps to run, the guest's image and what the last
--- machine has built; and results.tar, where the results go.
function machine.disks(folder, work, steps)
  local stage = work .. "/tree"
  paths.make(stage .. "/cache")
  local copy = { "cp", "-a", "--parents" }
  for _, name in ipairs(TREE) do copy[#copy + 1] = name end
  copy[#copy + 1] = stage
  script.command(copy, { cwd = engine.home() })
  paths.write(stage .. "/steps", table.concat(steps, "\n") .. "\n")
  script.command { "cp", "-a", image.need().folder, stage .. "/cache" }
  if engine.fs.stat(kept(folder)) then script.command { "cp", "-a", kept(folder) .. "/.", stage .. "/cache" } end
  script.command { "mksquashfs", stage, work .. "/tree.squashfs", "-all-root", "-noD", "-noF", "-no-progress" }
  script.command { "truncate", "-s", ("%d"):format(RESULTS_BYTES), work .. "/results.tar" }
end

local function add_disk(argv, file, options)
  for _, word in ipairs { "-drive", ("file=%s,if=virtio,format=raw,%s"):format(file:gsub(",", ",,"), options) } do
    argv[#argv + 1] = word
  end
end

--- Starts it: a console, on which test/kvm/steps.sh prints. The kernel's messages go to work/kernel.log.
---
--- AMD's SVM is emulated, so KVM works in it, with a thread for each CPU. Under -icount, which would free it of its
--- host's load, guests under KVM did not boot (QEMU 10.0, 4 of 4). The kernel takes the TSCs of an AMD's several
--- sockets for unstable, and uses the HPET, which is slow, and no clock for KVM: hence tsc=reliable.
function machine.start(folder, work)
  local argv = { "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
    "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "EPYC,+svm,+npt", "-smp", "2", "-m", "8192",
    "-kernel", folder .. "/vmlinuz", "-initrd", folder .. "/initrd.img",
    "-append", "root=/dev/vda ro rootfstype=squashfs init=/sbin/machine-init console=ttyS1 mitigations=off panic=-1 "
      .. "tsc=reliable nowatchdog",
    "-serial", "stdio", "-serial", "file:" .. work .. "/kernel.log", "-device", "virtio-rng-pci",
    "-monitor", ("unix:%s/monitor,server=on,wait=off"):format(work) }
  add_disk(argv, folder .. "/root.squashfs", "readonly=on")
  add_disk(argv, work .. "/tree.squashfs", "readonly=on")
  add_disk(argv, work .. "/results.tar", "cache=unsafe")
  return fail.check(engine.here():spawn(argv, { name = "machine", env = CLOCK, pipes = true, grace = 0 }))
end

--- Where its CPUs are, as text, for a machine that prints nothing any more.
function machine.registers(work)
  local here = engine.here()
  local shown = fail.try(here.run, here, { "socat", "-t", "5", "-", "UNIX-CONNECT:" .. work .. "/monitor" },
    { input = "info registers -a\n", timeout = 10 })
  return shown and shown.out:gsub("\r", "") or "its monitor does not answer"
end

return machine
