local judge = require "sabotage.judge"

local FAULT = { name = "it lies", where = "a console", run = "smoke/loopback", reason = { "port 1", "RX" } }

local function seen(changes)
  local out = { status = "FAIL", code = 1, reason = "port 1: rx is 0", left = {}, limit = 10 }
  for key, value in pairs(changes or {}) do out[key] = value end
  return out
end

local function kind(fault, changes)
  return (judge.problem(fault, seen(changes)))
end

describe("judge", function()
  it("finds nothing wrong with a fault that was caught and named", function()
    assert.is_nil(kind(FAULT))
    assert.is_nil(kind(FAULT, { status = "ERROR", code = 3 }))
  end)

  it("calls a fault with a PASS, a SKIP or no verdict a survivor", function()
    assert.equal("survivor", kind(FAULT, { status = "PASS", code = 0 }))
    assert.equal("survivor", kind(FAULT, { status = "SKIP", code = 0 }))
    local out = seen()
    out.status = nil
    assert.equal("survivor", (judge.problem(FAULT, out)))
  end)

  it("expects a PASS for a harmless fault", function()
    local harmless = { name = "late words", where = "a console", is_harmless = true }
    assert.is_nil(kind(harmless, { status = "PASS", code = 0, reason = "" }))
    assert.equal("wronged", kind(harmless))
  end)

  it("expects each of the texts in the reason", function()
    local which, words = judge.problem(FAULT, seen { reason = "port 0: rx is 0" })
    assert.equal("misnamed", which)
    assert.truthy(words:find("port 1", 1, true))
  end)

  it("wants an exit status that goes with the verdict", function()
    assert.equal("unclear", kind(FAULT, { code = 0 }))
  end)

  it("does not take the shim's own failure for a catch", function()
    assert.equal("unclear", kind(FAULT, { shim_error = "no such hook" }))
    assert.is_nil(kind(FAULT, { reason = "port 1: rx\nshim: a program printed this" }))
  end)

  it("reports hangs and leftovers", function()
    assert.equal("hang", kind(FAULT, { is_hung = true }))
    assert.equal("leftover", kind(FAULT, { left = { "process 7 qemu" } }))
  end)

  it("does not count a fault that was not injected", function()
    assert.equal("unfired", kind(FAULT, { fired = false }))
    assert.is_nil(kind(FAULT, { fired = true }))
    local harmless = { name = "late words", where = "a console", is_harmless = true }
    assert.equal("unfired", kind(harmless, { status = "PASS", code = 0, fired = false }))
  end)

  it("takes the texts for the reason literally", function()
    local fault = { name = "x", where = "y", run = "z", reason = { "symmetric_mp-0 (a)" } }
    assert.is_nil(kind(fault, { reason = "Symmetric_MP-0 (a): RX" }))
    assert.equal("misnamed", kind(fault, { reason = "symmetric_mp+0 a: RX" }))
  end)

  it("finds mistakes in a catalogue", function()
    assert.same({}, judge.check_catalogue { FAULT })
    assert.equal(1, #judge.check_catalogue { FAULT, FAULT })
    assert.equal(1, #judge.check_catalogue { { name = "x", where = "y", run = "z" } })
    assert.equal(1, #judge.check_catalogue { { name = "it's", where = "y", run = "z", reason = { "x" } } })
    assert.equal(1, #judge.check_catalogue { { name = "x", where = "y", reason = { "x" } } })
    assert.equal(1, #judge.check_catalogue { { name = "x", where = "y", run = "z", reason = { "x" }, lines = 1 } })
    local guest = { program = "p", lines = 1 }
    assert.equal(1, #judge.check_catalogue { { name = "x", where = "y", run = "z", reason = { "x" }, guest = guest } })
  end)

  it("finds no mistake in the catalogue, and enough faults", function()
    local faults, counted = dofile(require("engine").home() .. "/lib/sabotage/faults.lua"), 0
    assert.same({}, judge.check_catalogue(faults))
    for _, fault in ipairs(faults) do counted = counted + (fault.is_harmless and 0 or 1) end
    assert.is_true(counted >= 40)
  end)
end)
