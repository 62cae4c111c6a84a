-- context: what a case's objects share has declared fields, and parts of its own.

local engine = require "engine"

local context = require "case.context"
local options = require "base.options"

describe("a case's context", function()
  local ctx, data, events
  before_each(function()
    events = {}
    ctx, data = context.new(engine.now(), function(event) events[#events + 1] = event end)
  end)
  after_each(function() ctx:clean() end)

  it("has no field but those that are declared", function()
    for _, name in ipairs { "desk", "cold", "notices", "smaplers" } do
      assert.has_error(function() return ctx[name] end)
      assert.has_error(function() ctx[name] = 1 end)
    end
    local ok, err = pcall(function() ctx.smaplers = {} end)
    assert.is_false(ok)
    assert.matches("a case context has no field smaplers %(did you mean samplers%?%)", err)
    ok, err = pcall(function() return ctx.ntoice end)
    assert.is_false(ok)
    assert.matches("has no ntoice %(did you mean notice%?%)", err)
    assert.is_nil(ctx.attach)
    ctx.attach = { event = function() end }
    assert.is_truthy(ctx.attach)
  end)

  it("fills in the result, and emits what happens to whoever looks on", function()
    local seen = {}
    ctx.attach = { event = function(_, event) seen[#seen + 1] = event.ev end }
    ctx:phase "one"
    ctx:span("part", function() ctx:notice "a notice" end)
    ctx:notice "a notice"
    ctx:record { what = "sum", ok = true }
    ctx:record_typed { what = "typed", ok = true }
    ctx:cell { name = "a", status = "PASS" }
    ctx:phase(nil)
    assert.same({ "phase", "phase", "notice", "check", "cell" }, seen)
    assert.equal(#seen, #events)
    assert.same({ "a notice" }, data.notices)
    assert.same({ "one", "one/part" }, { data.phases[1].name, data.phases[2].name })
    assert.is_true(data.phases[1].seconds >= data.phases[2].seconds)
    assert.equal(1, #data.checks)
    assert.equal(2, #ctx:all_checks())
    assert.equal(data.cells, ctx:cells())
  end)

  it("ends at a cell's end what is new since, and is not a part of what was there", function()
    local function made()
      local path = os.tmpname()
      ctx:own_tree(path)
      return path
    end
    local before, case_own = made(), os.tmpname()
    local inside = made()
    ctx:own_tree(before)
    ctx:own_tree(case_own, true)
    ctx:remove_trees(1, 0)
    assert.is_truthy(engine.fs.stat(before))
    assert.is_nil((engine.fs.stat(inside)))
    assert.same({ before }, ctx.trees)
    assert.is_truthy(engine.fs.stat(case_own))
    ctx:clean()
    assert.is_nil((engine.fs.stat(before)))
    assert.is_nil((engine.fs.stat(case_own)))
  end)

  it("owns what is made outside of its folder, and not what is there already", function()
    local there, own = os.tmpname(), os.tmpname()
    assert(os.remove(own))
    ctx:own_socket(there)
    ctx:own_socket(own)
    ctx:own_socket(ctx.scratch .. "/inside")
    assert(io.open(own, "w")):close()
    ctx:clean()
    assert.is_nil((engine.fs.stat(own)))
    assert.is_nil((engine.fs.stat(ctx.scratch)))
    assert.is_truthy(engine.fs.stat(there))
    os.remove(there)
  end)
end)

describe("a class without declared fields", function()
  it("takes any", function()
    local object = setmetatable({}, options.class("spec's class", {}))
    object.any = 1
    assert.equal(1, object.any)
    options.classes["spec's class"] = nil
  end)
end)
