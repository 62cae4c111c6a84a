-- gcov: where programs of a guest write their counters, and how these come here. The guest is a table.

local gcov = require "dpdk.gcov"

-- A node; `has`: it has counters; `err`: pull fails with it. It notes what is pulled.
local function guest(has, err)
  local pulled = {}
  return { name = function() return "vm 1/x" end, is_here = function() return false end,
    run = function(_, argv) return { code = has and argv[1] == "test" and 0 or 1 } end,
    pull = function(_, from, to)
      if err then error(err, 0) end
      pulled[#pulled + 1] = from .. " " .. to
    end }, pulled
end

local function context(node)
  local notices = {}
  return { counters = "/results/p.x/gcov", scratches = { [node] = "/tmp/s" },
    scratch_on = function() return "/tmp/s" end, notice = function(_, text) notices[#notices + 1] = text end }, notices
end

describe("counters of a guest", function()
  it("are below its scratch folder, and pulled at the case's end", function()
    local node, pulled = guest(true)
    local ctx, notices = context(node)
    assert.equal("GCOV_PREFIX=/tmp/s/gcov", gcov.variable(ctx, node))
    gcov.finish(ctx)
    assert.same({ "/tmp/s/gcov /results/p.x/gcov-vm_1_x" }, pulled)
    assert.same({}, notices)
  end)

  it("are not asked for where there are none, or without --coverage", function()
    local node, pulled = guest(false)
    local ctx = context(node)
    gcov.finish(ctx)
    ctx.counters = nil
    assert.is_nil(gcov.variable(ctx, node))
    gcov.finish(ctx)
    assert.same({}, pulled)
  end)

  it("that are lost are a notice, not a fault of the case", function()
    local node = guest(true, "No space left on device")
    local ctx, notices = context(node)
    gcov.finish(ctx)
    assert.same({ "vm 1/x: its coverage counters are lost: No space left on device" }, notices)
  end)

  it("of this machine are inherited", function()
    local node = guest(true)
    node.is_here = function() return true end
    assert.is_nil(gcov.variable(context(node), node))
  end)
end)
