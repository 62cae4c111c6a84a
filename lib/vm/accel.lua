--- accel: KVM or TCG. An open /dev/kvm proves nothing, so the guest's kernel is booted once under KVM.

local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local paths = require "base.paths"

local accel = {}

--- In seconds: the guest's kernel prints nothing, and boots. Under a KVM that works, the initrd prints its first line
--- within a second; in an emulated machine after 10 to 30. A kernel that goes on prints a line every few seconds.
accel.limits = { quiet = 15, most = 60 }

-- For QEMU's version.
local VERSION_SECONDS = 10

local NOT_TESTED = "the guest is emulated, without KVM: KVM is tested with moonrig's own image, which is not there "
  .. "(run `moonrig setup`)"

local function cpu_model()
  local text = paths.read("/proc/cpuinfo") or ""
  return text:match("model name%s*:%s*([^\n]*)") or "?"
end

-- Nil and the error where QEMU does not print its version.
local function key_of(img, qemu)
  local here, u = engine.here(), engine.sys.uname()
  local r, err = fail.try(here.run, here, { qemu, "--version" }, { timeout = VERSION_SECONDS })
  if not r then return nil, err end
  return table.concat({ img.id, r.out:match("[^\n]*") or "?", u.release, u.version, cpu_model() }, "|")
end

-- Until the initrd's first line: true or false, and why. Without a disk our init prints a failure: the kernel has
-- booted by then.
local function follow(console)
  local limits = accel.limits
  local deadline = engine.now() + limits.most
  while engine.now() < deadline do
    local before, which = fail.try(console.expect, console, { "moonrig: ", "\n" },
      { timeout = limits.quiet, from = "last" })
    if not before and which.code == "ETIMEDOUT" then
      return false, ("the guest's kernel did not boot, and printed nothing for %d s"):format(limits.quiet)
    elseif not before then
      return false, "QEMU did not boot the guest's kernel"
    elseif which == 1 then
      return true, "the guest's kernel booted under KVM"
    end
  end
  return false, ("the guest's kernel did not boot in %d s"):format(limits.most)
end

-- Boots the image's kernel under KVM: true or false, why, and QEMU's last line where it failed.
local function probe(img, qemu)
  local here = engine.here()
  local console, err = fail.try(here.spawn, here, { qemu, "-nodefaults", "-no-user-config", "-display", "none",
    "-no-reboot", "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "512M", "-smp", "2",
    "-kernel", img.kernel, "-initrd", img.initrd, "-append", "console=ttyS0 panic=-1", "-serial", "stdio" },
    { name = "kvm-probe", grace = 0 })
  if not console then return false, tostring(err) end
  local is_up, how = follow(console)
  local last = console:tail(1)
  pcall(console.close, console, 5)
  return is_up, how, not is_up and last ~= "" and last:sub(1, 120) or nil
end

--- The verdict on KVM for this image on this host: { works, why, last = QEMU's last line where it failed, key }. Probed
--- once, then stored in the cache, by kernel, host and QEMU. Every wait has a deadline: it returns whatever QEMU does.
function accel.verdict(img, qemu)
  if not engine.fs.stat("/dev/kvm") then return { works = false, why = "there is no /dev/kvm" } end
  if not engine.fs.access("/dev/kvm", "w") then
    return { works = false, why = "no right to open /dev/kvm (join group kvm)" }
  end
  local key, err = key_of(img, qemu)
  if not key then return { works = false, why = "QEMU does not print its version: " .. fail.what(err) } end
  local file = paths.cache() .. "/kvm.json"
  local known = engine.json.decode(paths.read(file) or "")
  if type(known) == "table" and known.key == key then return known end
  local works, why, last = probe(img, qemu)
  local verdict = { key = key, works = works, why = why, last = last }
  pcall(paths.write, file, engine.json.encode(verdict))
  return verdict
end

--- "kvm" or "tcg" for auto, kvm or tcg; and a notice where auto takes TCG. `moonrig doctor` prints QEMU's last line.
--- `img`: the image to test KVM with (nil: ours; false: there is none).
function accel.choose(want, qemu, img)
  if want == "kvm" or want == "tcg" then return want end
  if img == false then return "tcg", NOT_TESTED end
  local verdict = accel.verdict(img or image.need(), qemu)
  if verdict.works then return "kvm" end
  return "tcg", ("the guest is emulated, without KVM: %s (see `moonrig doctor`)"):format(verdict.why)
end

return accel
