-- tasks: a call for a limited time; a person's pauses do not count.

local engine = require "engine"
local tasks = require "case.tasks"

describe("tasks.call", function()
  local ctx
  before_each(function() ctx = { paused = 0, tallies = {} } end)

  it("returns as xpcall", function()
    local ok, value = tasks.call(ctx, function() return 7 end, 60)
    assert.same({ true, 7 }, { ok, value })
    local trace
    ok, value, trace = tasks.call(ctx, function() error("no", 0) end, 60)
    assert.same({ false, "no" }, { ok, value })
    assert.matches("tasks_spec.lua", trace)
  end)

  it("ends what waits or computes behind its time, and says where it was", function()
    local ok, err, trace, late = tasks.call(ctx, function() engine.elapse(60) error("interrupted", 0) end, 0.05)
    assert.same({ false }, { ok, err, trace })
    assert.equal("interrupted", late.words:sub(1, 11))
    ok, err, trace, late = tasks.call(ctx, function() while true do end end, 0.05)
    assert.same({ false }, { ok, err, trace })
    assert.equal("it computes and does not wait", late.words)
    assert.matches("tasks_spec.lua:%d+$", late.where)
  end)

  it("leaves a person's pause out, at its deadline and before it", function()
    ctx.attach = { paused = true }
    local person = engine.task(function()
      engine.elapse(0.2)
      -- it was long
      ctx.paused, ctx.attach.paused = 1000, nil
    end)
    local ok, value = tasks.call(ctx, function()
      engine.elapse(0.5)
      return "done"
    end, 0.1)
    assert.same({ true, "done" }, { ok, value })
    person:join(5)
    ok, value = tasks.call(ctx, function()
      ctx.paused = 2000
      engine.elapse(0.3)
      return "done"
    end, 0.1)
    assert.same({ true, "done" }, { ok, value })
  end)
end)
