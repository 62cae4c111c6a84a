-- What is said of a guest that fails whatever reaches into it: asked of fakes.

require "spec.helper"
local engine = require "engine"
if not engine.here then return end -- outside of the engine there is nothing to run

local vm = require "vm"

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

local ANSWER, LATE = { code = 0 }, { what = "no answer in 10 s" }

describe("vm.why_silent", function()
  it("waits for no end of a guest that answers", function()
    local q = qemu()
    assert.is_nil(vm.why_silent(q, node(ANSWER)))
    assert.equal(0, q.waits)
  end)

  it("asks no guest whose QEMU has ended", function()
    local n = node(ANSWER)
    assert.equal("QEMU ended with signal 9", vm.why_silent(qemu { signal = 9 }, n))
    assert.equal("QEMU ended with exit status 0", vm.why_silent(qemu { code = 0 }, n))
    assert.equal(0, n.asked)
  end)

  it("tells QEMU's end where the guest's silence came of it", function()
    assert.equal("QEMU ended with exit status 1", vm.why_silent(qemu(nil, { code = 1 }), node(nil, LATE)))
    assert.equal("QEMU ended with exit status 1", vm.why_silent(qemu(nil, { code = 1 }), node(nil, nil, "closed")))
  end)

  it("tells the session's end, and a silent guest, apart", function()
    assert.equal("the guest's SSH session is over", vm.why_silent(qemu(), node(nil, nil, "closed")))
    assert.equal("the guest does not answer on SSH: no answer in 10 s", vm.why_silent(qemu(), node(nil, LATE)))
  end)

  it("says nothing of a guest that never was reached, while its QEMU runs", function()
    assert.is_nil(vm.why_silent(qemu(), nil))
  end)
end)
