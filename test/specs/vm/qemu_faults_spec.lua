-- qemu_faults: which QEMU has a fault, by the line that it prints.

local faults = require "vm.qemu_faults"

describe("qemu_faults", function()
  it("are mended since a version", function()
    for line, is_mended in pairs {
      ["QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"] = false,
      ["QEMU emulator version 8.0.0"] = true,
      ["QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)"] = true,
      ["QEMU emulator version"] = false,
      ["another program 9.0"] = false,
    } do
      assert.equal(is_mended, faults.is_mended_in("emulated_vectors", line), line)
    end
    assert.is_false(faults.is_mended_in("emulated_vectors", nil))
  end)

  it("are there in a QEMU that is not", function()
    assert.is_false(faults.is_mended("emulated_vectors", "/no/such/qemu"))
    assert.is_false(faults.is_mended("emulated_vectors", "no-such-qemu"))
  end)
end)
