-- sanitizer: what a reason has of a report, of texts by GCC's and clang's libraries.

local engine = require "engine"
local faulty = require "specs.faulty"
local moonrig = require "specs.moonrig"
local sanitizer = require "dpdk.sanitizer"

-- The words of a console's output, as engine.reports finds the report in it.
local function said(text)
  for at, line in text:gmatch "()([^\n]*)\n" do
    for which, one in ipairs(sanitizer.TEXTS) do
      if line:find(one, 1, true) then
        return sanitizer.words { name = "pmd", lines = text:sub(at), which = which, more = 0 }
      end
    end
  end
end

local OVERFLOW = [[
testpmd> start
=================================================================
==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6020000000d0 at pc 0x55 bp 0x7f sp 0x7f
WRITE of size 1 at 0x6020000000d0 thread T3 (dpdk-worker2)
    #0 0x55ce7b2 in __interceptor_memcpy ../../../../src/libsanitizer/sanitizer_common/x.inc:827
    #1 0x55ce7b3 in eth_ring_tx ../drivers/net/ring/rte_eth_ring.c:98
    #2 0x7f3c124 in start_thread nptl/pthread_create.c:442

0x6020000000d0 is located 0 bytes to the right of 16-byte region
    #0 0x7f in malloc
]]

describe("sanitizer.words", function()
  it("names the program's own frame, and no address", function()
    assert.equal("pmd: AddressSanitizer: heap-buffer-overflow in eth_ring_tx (../drivers/net/ring/rte_eth_ring.c:98)\n"
      .. "  #0 __interceptor_memcpy ../../../../src/libsanitizer/sanitizer_common/x.inc:827\n"
      .. "  #1 eth_ring_tx ../drivers/net/ring/rte_eth_ring.c:98\n  the report is in pmd.log", said(OVERFLOW))
    assert.equal(said(OVERFLOW), said((OVERFLOW:gsub("\n", "\r\n"))))
    assert.equal(said(OVERFLOW), said((OVERFLOW:gsub("==7==[^\n]*", "\27[1m\27[31m%0\27[0m"))))
  end)

  it("knows each sanitizer's headline", function()
    local heads = {
      ["==7==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x5 bp 0x7 sp 0x7 T0)"] =
        "AddressSanitizer: SEGV",
      ["==7==ERROR: AddressSanitizer: attempting double-free on 0x602 in thread T0:"] =
        "AddressSanitizer: attempting double-free",
      ["==7==ERROR: AddressSanitizer: ABRT on unknown address 0x0 (pc 0x7 bp 0x7 sp 0x7 T0)"] = "AddressSanitizer: ABRT",
      ["==7==ERROR: LeakSanitizer: detected memory leaks"] = "LeakSanitizer: detected memory leaks",
      ["WARNING: ThreadSanitizer: data race (pid=12)"] = "ThreadSanitizer: data race",
      ["==7==WARNING: MemorySanitizer: use-of-uninitialized-value"] = "MemorySanitizer: use-of-uninitialized-value",
      ["../lib/x.c:5:3: runtime error: shift exponent 32 is too large"] =
        "UndefinedBehaviorSanitizer: shift exponent 32 is too large (../lib/x.c:5)",
    }
    for line, words in pairs(heads) do
      assert.equal(("pmd: %s\n  the report is in pmd.log"):format(words), said(line .. "\n"))
    end
  end)

  it("has a place in a library without symbols", function()
    assert.equal("pmd: AddressSanitizer: SEGV in f (/usr/lib/librte_x.so)\n  #0 f (/usr/lib/librte_x.so+0x12)\n"
      .. "  #1 ?? /usr/lib/librte_x.so+0x34\n  the report is in pmd.log",
      said("==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0 (pc 0x5)\n"
        .. "    #0 0x12 in f (/usr/lib/librte_x.so+0x12)\n    #1 0x34  (/usr/lib/librte_x.so+0x34)\n"))
  end)

  it("has the names of a program that a loader ran, by its file", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    local file = faulty.compile(rig.work, "-lpthread")
    local addresses = engine.here():run({ "nm", file }).out
    local function line(n, name)
      return ("%s#%d 0x7f12  (/opt/dpdk/lib/ld-linux-x86-64.so.2+0x%s)\n"):format(n == 0 and "testpmd>     " or "    ", n,
        addresses:match("0*(%x+) . " .. name .. "\n"))
    end
    local report = { name = "pmd", which = 1, more = 0, lines = "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0\n"
      .. line(0, "overflow") .. line(1, "main") }
    assert.matches("^pmd: AddressSanitizer: SEGV in overflow %([^\n]*faulty%.c:%d+%)\n  #0 overflow [^\n]*faulty%.c:%d+\n"
      .. "  #1 main [^\n]*faulty%.c:%d+\n", sanitizer.words(report, file))
    assert.matches("^pmd: AddressSanitizer: SEGV in %?%?\n  #0 %?%? /opt/dpdk", sanitizer.words(report))
  end)

  it("is none of another program's words", function()
    assert.is_nil(said "Lua: runtime error: odd\n")
    assert.is_nil(said "testpmd> \n")
  end)
end)
