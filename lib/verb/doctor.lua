--- doctor: `moonrig doctor`: the installed programs, and the effect of each missing one.

local accel = require "vm.accel"
local choices = require "run.choices"
local debian = require "host.debian"
local dpdk_identity = require "host.dpdk_identity"
local engine = require "engine"
local fail = require "base.fail"
local hugepages = require "host.hugepages"
local image = require "host.image"
local paths = require "base.paths"
local project_file = require "host.project_file"
local ui = require "report.ui"
local under_test = require "host.under_test"

-- The guest image is moonrig's own.
local ESSENTIAL = { DPDK = true, QEMU = true, ["guest image"] = true }

local function version(argv, pattern)
  local here = engine.here()
  local r = fail.try(here.run, here, argv, { timeout = 10 })
  if not r or r.code ~= 0 then return nil end
  return r.out:match(pattern or "[^\n]+")
end

-- "26.11.0-rc0, /home/me/dpdk/build (commit 0123456789ab, dirty)"
local function dpdk_words(known)
  local words = ("%s, %s"):format((known.version or "of unknown version"):gsub("^DPDK ", ""), known.place)
  if not known.commit then return words end
  return ("%s (commit %s%s)"):format(words, known.commit:sub(1, 12), known.dirty and ", with changes" or "")
end

-- MiB: a guest of the test plans, and its testpmd.
local FOR_A_PLAN = 5 * 1024

-- "2600 of 2048 kB, 2600 free, at /dev/hugepages"; nil without any.
local function pages_words()
  local words, mounts = {}, hugepages.mounts()
  for _, size in ipairs(hugepages.sizes()) do
    words[#words + 1] = ("%d of %d kB, %d free, %s"):format(size.total, size.kib, size.free, mounts[size.kib]
      and "at " .. mounts[size.kib] or "no hugetlbfs that this user may write: no secondaries on this machine")
  end
  return #words > 0 and table.concat(words, "; ") or nil
end

-- An array of { name, found (text or nil), cost (the effect if it is missing) }.
local function findings()
  local out = {}
  local function add(name, found, cost) out[#out + 1] = { name = name, found = found, cost = cost } end
  local build = under_test.dpdk()
  local known = dpdk_identity.of(build)
  add("DPDK", build.apps["dpdk-testpmd"] and dpdk_words(known),
    "almost nothing runs; install Debian's package dpdk-dev, or choose a DPDK with --dpdk")
  if under_test.is_mix() then
    add("guest DPDK", dpdk_words(dpdk_identity.of(under_test.guest_dpdk())), "")
  end
  local qemu = under_test.qemu()
  add("QEMU", version { qemu, "--version" }, "no VM: scenarios that need one fail; install qemu-system-x86")
  local ok, img = pcall(image.find)
  img = ok and img or nil
  local changed = img and image.changed(img, true)
  local packages = table.concat(image.packages(), " ")
  add("guest image", not changed and img and img.folder .. (packages ~= "" and ", with " .. packages or ""),
    changed and ("%s/%s changed since it was built: run `moonrig setup`"):format(img.folder, changed)
      or "no VM: run `moonrig setup`")
  local own = under_test.image()
  if own then add("own image", ("%s, user %s, key %s"):format(own.disk or own.kernel, own.user, own.key)) end
  local kvm = img and accel.verdict(img, qemu)
    or { works = false, why = "not tested: there is no guest image yet" }
  add("KVM", kvm.works and kvm.why, "guests run under emulation, about ten times slower: " .. kvm.why
    .. (kvm.last and "; its last line: " .. kvm.last or ""))
  add("hugepages", pages_words(), "testpmd and guests run without; scenarios that need hugepages are skipped; "
    .. hugepages.lack(FOR_A_PLAN))
  local cpus = #engine.sys.cpus()
  add("processors", cpus >= 7 and tostring(cpus),
    ("%d: the lcores of a plan share them (--lcores), so throughput is not meaningful"):format(cpus))
  add("root", engine.sys.uid() == 0 and "yes", "only needed to bind devices of this machine")
  add("socat", version({ "socat", "-V" }, "socat version ([%d.]+)"),
    "no telemetry when this machine is an SSH node; install socat")
  add("gdb", paths.program "gdb", "no backtrace of a crash in a guest, and elsewhere by elfutils only; install gdb")
  return out
end

-- DPDK and QEMU of other suites in the cache, a line each.
local function trees(term)
  for _, tree in ipairs(debian.list()) do
    term:line(("     %-12s debian:%s, %s, %.0f MB%s"):format(tree.what, tree.suite, tree.version, tree.bytes / 1e6,
      tree.is_current and "" or "; replaced: `moonrig clean` removes it"))
  end
end

-- Exit status 3 if an essential program is missing.
local function options(command) choices.add(command, true) end

local function main(o)
  local term = ui.terminal()
  assert(engine.guard(paths.journal()))
  under_test.choose(choices.of(o, true)[1])
  local is_broken = false
  for _, f in ipairs(findings()) do
    local mark = f.found and term:colour("green", "yes") or term:colour("yellow", "no ")
    term:line(("%s  %-12s %s"):format(mark, f.name, f.found or f.cost))
    if not f.found and ESSENTIAL[f.name] then is_broken = true end
  end
  term:line(("     %-12s %s"):format("cache", paths.cache()))
  local _, file = project_file.find()
  term:line(("     %-12s %s"):format("project file", file or "none (moonrig.lua of this folder, or above)"))
  trees(term)
  return is_broken and 3 or 0
end

return { order = 20, main = main, options = options,
  words = "Show the installed programs, and the effect of each missing one." }
