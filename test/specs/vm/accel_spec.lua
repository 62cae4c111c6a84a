-- accel: what is chosen, and what is told of it.

local accel = require "vm.accel"

describe("accel.choose", function()
  local verdict = accel.verdict
  after_each(function() accel.verdict = verdict end)

  local function found(works, why, last)
    accel.verdict = function() return { works = works, why = why, last = last } end
    return accel.choose("auto", "qemu", {})
  end

  it("takes KVM where it works, and tells where it does not, in a line", function()
    assert.same({ "kvm" }, { found(true, "it booted") })
    assert.same({ "tcg", "the guest is emulated, without KVM: there is no /dev/kvm (see `moonrig doctor`)" },
      { found(false, "there is no /dev/kvm") })
    assert.same({ "tcg", "the guest is emulated, without KVM: QEMU did not boot the guest's kernel (see `moonrig doctor`)" },
      { found(false, "QEMU did not boot the guest's kernel", "kvm.c:3183: Assertion `ret == nmsrs' faile") })
  end)

  it("takes what is asked for", function()
    assert.same({ "tcg" }, { accel.choose("tcg", "qemu", {}) })
    assert.same({ "kvm" }, { accel.choose("kvm", "qemu", {}) })
  end)
end)
