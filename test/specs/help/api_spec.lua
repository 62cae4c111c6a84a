-- api: what lib/help/stubs tells is what there is: every method of lib/ and of the engine's handles that a scenario can call,
-- and every option, has its stub, and no stub is of something that is not there.

local engine = require "engine"

local api = require "help.api"
local scenario = require "case.scenario"
local help = require "help.help"
local kind = require "base.kind"
local moonrig = require "specs.moonrig"
local options = require "base.options"
local signatures = require "base.signatures"

for _, name in ipairs { "dpdk.testpmd", "vm.vm", "dpdk.mp", "dpdk.hotplug", "dpdk.stats", "case.case", "case.tasks",
    "vm.qmp", "case.detached" } do require(name) end

local all = api.entries()

local CLASSES = { "t", "testpmd", "vm", "prepared_vm", "mp", "hotplug_mp", "telemetry", "qmp", "task", "detached" }

-- The runner's own, which a scenario has no use for.
local INTERNAL = { t = { ending = true, try = true, stands = true, became = true, count = true },
  testpmd = { unexpected_end = true }, vm = { post_mortem = true, let_go = true }, mp = { unexpected_end = true },
  hotplug_mp = { unexpected_end = true }, console = { stay = true } }

local function sorted(set)
  local out = {}
  for name in pairs(set) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function told(object)
  local _, methods = api.object(all, object)
  local out = {}
  for _, m in ipairs(assert(methods, object)) do out[m.name] = true end
  return sorted(out)
end

describe("the methods that are told", function()
  for _, object in ipairs(CLASSES) do
    it("of " .. object .. " are those that it has", function()
      local real = {}
      for name in pairs(assert(options.classes[object], object)) do
        if not (INTERNAL[object] or {})[name] then real[name] = true end
      end
      assert.same(sorted(real), told(object))
    end)
  end

  it("of the engine's handles are those that they have", function()
    for _, handle in ipairs { "console", "node" } do
      local names = {}
      for op in pairs(engine.bindings()) do
        local name = op:match("^" .. handle .. "%.(.*)$")
        if name and not (INTERNAL[handle] or {})[name] then names[name] = true end
      end
      assert.same(sorted(names), told(handle))
    end
  end)

  it("have the arguments that they have", function()
    local looked_at = 0
    for _, object in ipairs(CLASSES) do
      local _, methods = api.object(all, object)
      for _, m in ipairs(methods) do
        local fn = options.classes[object][m.name]
        local info = debug.getinfo(fn, "u")
        -- t's checks are wrapped, and take what comes
        if not info.isvararg then
          local names = select(2, m.args:gsub("[%w_%.]+", ""))
          assert.equal(info.nparams - 1, names, ("%s:%s%s"):format(object, m.name, m.args))
          looked_at = looked_at + 1
        end
      end
    end
    assert.is_true(looked_at > 20)
  end)

  it("tell of each argument, and of no other", function()
    local looked_at = 0
    for _, e in ipairs(all) do
      if e.kind == "method" then
        local names = {}
        for name in e.args:gmatch "[%a_][%w_]*" do names[#names + 1] = name end
        local params = {}
        for i, p in ipairs(e.params) do params[i] = p.name end
        assert.same(names, params, e.of .. ":" .. e.name)
        assert.truthy(#e.doc > 0, e.of .. ":" .. e.name .. " says nothing")
        looked_at = looked_at + 1
      end
    end
    assert.is_true(looked_at > 20)
  end)
end)

describe("what is checked as a method is called", function()
  it("is what its stub declares, with its parent's methods", function()
    local command = signatures.of("testpmd", "command")
    assert.same({ { name = "line", kinds = "string", is_optional = false },
      { name = "seconds", kinds = "seconds", is_optional = true }, args = "(line, seconds)" }, command)
    assert.same({ { name = "name", kinds = "signal", is_optional = false }, args = "(name)" },
      signatures.of("hotplug_mp", "signal"))
    assert.equal("table|string", signatures.of("t", "vm")[1].kinds)
    assert.equal("function", signatures.of("t", "spawn")[1].kinds)
    assert.is_nil(signatures.of("t", "nonsense"))
    assert.is_nil(signatures.of("nonsense", "vm"))
  end)

  it("is of a kind that there is, and of all methods", function()
    local looked_at = 0
    for _, e in ipairs(all) do
      local parameters = e.kind == "method" and e.of ~= "rig" and assert(signatures.of(e.of, e.name), e.name)
      for i, p in ipairs(parameters and e.params or {}) do
        local where = ("%s:%s %s"):format(e.of, e.name, p.name)
        assert.equal(p.name, parameters[i].name, where)
        -- a word that is no kind and no type is checked as anything: a misspelt one
        assert.is_true(p.type:find "any" ~= nil or p.type == "console" or parameters[i].kinds ~= "any", where)
        looked_at = looked_at + 1
      end
    end
    assert.is_true(looked_at > 100, looked_at)
  end)
end)

describe("the options that are told", function()
  it("have the defaults of their rows, and are of kinds that there are", function()
    local spec = options.of "testpmd"
    assert.same({ "count", nil, needed = false }, spec.rxq)
    assert.same({ "span", 30, needed = false }, spec.timeout)
    assert.same({ "boolean", false, needed = false }, spec.pci)
    assert.same({ "text", "vhost", needed = false }, spec.file_prefix)
    assert.same({ pa = true, va = true }, spec.iova_mode.of)
    assert.is_true(options.of("mp").hugepages[2])
    assert.is_true(options.of("mp").program.needed)
    local looked_at = 0
    for _, prim in ipairs(engine.prims) do
      for name, want in pairs(options.of(prim.name)) do
        looked_at = looked_at + 1
        assert.is_true(#kind.words(want[1]) > 0, name)
        assert.is_true(want[2] == nil or kind.fits(want[2], want[1]), name)
      end
    end
    assert.is_true(looked_at > 80, looked_at)
  end)

  local function names_in(words)
    local out = {}
    for name in assert(words:match "there are: ([^\n]*)", words):gmatch "[%w_]+" do out[name] = true end
    return sorted(out)
  end

  local function fields(class)
    local object = assert(api.object(all, class))
    local out = {}
    for _, f in ipairs(object.fields) do out[f.name] = true end
    return sorted(out)
  end

  local function refusal(fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    return tostring(err)
  end

  local topology = require "vm.topology"

  it("are those that are taken", function()
    local nonsense = { nonsense = 1 }
    assert.same(names_in(refusal(require("dpdk.testpmd").start, {}, nonsense, engine.here())), fields "testpmd.Options")
    assert.same(names_in(refusal(require("dpdk.mp").start, {}, nonsense, engine.here())), fields "mp.Options")
    assert.same(names_in(refusal(require("dpdk.hotplug").start, {}, nonsense, engine.here())), fields "hotplug_mp.Options")
    assert.same(names_in(refusal(require("dpdk.devbind").bind, engine.here(), {}, "x", nonsense)), fields "devbind.Options")
    assert.same(names_in(refusal(topology.options, nonsense, "/")), fields "vm.Options")
    assert.same(names_in(refusal(topology.options, { ports = { nonsense } }, "/")), fields "vm.Port")
  end)

  it("of a header are those that it takes", function()
    local rig = moonrig.new()
    local file = rig:write("x.lua", "return rig.case { nonsense = 1 }")
    local header, why = scenario.load(file)
    assert.is_nil(header)
    assert.same(names_in(why), fields "rig.Header")
    engine.fs.rmtree(rig.work)
  end)
end)

describe("a stub file", function()
  it("that holds what nobody reads is refused, with its line", function()
    local function refused(words, text)
      local ok, err = pcall(api.parse, text, "x.lua")
      assert.is_false(ok)
      assert.matches(words, err)
    end
    refused("x%.lua:2: a tag that nobody reads: @retrun", "--- Does it.\n---@retrun string\nfunction a:b() end")
    refused("x%.lua:1: what is this%?", "functoin a:b() end")
  end)

  it("is of an object that the help lists", function()
    local files = {}
    for i, name in ipairs(api.OBJECTS) do files[i] = name .. ".lua" end
    table.sort(files)
    local there = engine.fs.list(engine.home() .. "/lib/help/stubs")
    table.sort(there)
    assert.same(files, there)
  end)

  it("is Lua", function()
    for _, name in ipairs(engine.fs.list(engine.home() .. "/lib/help/stubs")) do
      assert(loadfile(engine.home() .. "/lib/help/stubs/" .. name))
    end
  end)
end)

describe("the modules that are told", function()
  local modules = require "help.modules"
  local entries = modules.entries()

  local objects = 0
  for _, object in ipairs(entries) do
    if object.kind == "object" then
      objects = objects + 1
      it(("tell of %s what it has, each with a word"):format(object.name), function()
        local _, methods = api.object(entries, object.name)
        local names, real = {}, {}
        for _, m in ipairs(methods) do
          assert.is_true(#m.doc > 10, m.name)
          if m.joint == "." then names[m.name] = true end
        end
        for _, field in ipairs(object.fields) do names[field.name] = true end
        for name in pairs(require("kit." .. object.name)) do real[name] = true end
        assert.same(sorted(real), sorted(names))
        assert.is_true(#object.doc > 10)
      end)
    end
  end

  it("are there", function() assert.is_true(objects > 5, objects) end)

  it("are those that the bundled scenarios and templates take", function()
    local known = {}
    for _, e in ipairs(entries) do known[e.kind == "object" and "kit." .. e.name or ""] = true end
    local taken = 0
    for _, file in ipairs { "scripts/*/*.lua", "lib/help/templates/*.lua" } do
      local r = assert(engine.here():run { "sh", "-c", ("cat '%s'/%s"):format(engine.home(), file) })
      for name in r.out:gmatch 'require "([^"]+)"' do
        assert.is_true(known[name], name)
        taken = taken + 1
      end
    end
    assert.is_true(taken > 10, taken)
  end)
end)

describe("help", function()
  local function text(words) return table.concat(assert(help.about(words)), "\n") end

  it("tells of an object and its methods", function()
    assert.matches("hotplug_mp:attach%(devargs, seconds%)", text "hotplug_mp")
    -- what it has from its parent, too
    assert.matches("process:interrupt%(seconds%)", text "hotplug_mp")
  end)

  it("tells of a method, its arguments and its options", function()
    local words = text "t:vm"
    assert.matches("t:vm%(options%)  %-> vm", words)
    assert.matches("\n  hugepages +number: of 2 MiB", words)
    assert.equal(words, text "t.vm")
  end)

  it("tells of a table that options are made of", function()
    assert.matches("\n  mac +string", text "vm.Port")
  end)

  it("tells of all methods of a name", function()
    local words = text "quit"
    assert.matches("testpmd:quit", words)
    assert.matches("vm:quit", words)
  end)

  it("names the nearest where there is none", function()
    local lines, why = help.about "testpmd:strat"
    assert.is_nil(lines)
    assert.matches("did you mean testpmd:start", why)
  end)

  it("tells of a module and its functions, with the text over them in its source", function()
    local said = text "oracle"
    assert.matches('^local oracle = require "kit.oracle"\n  Invariants of the counters', said)
    assert.matches("\n  oracle%.received%(stats, min_ports%)\n      Every port of `stats` received packets", said)
    assert.matches("\n  oracle%.queue_owners%(list, extended%)\n", said)
    assert.matches("^hotplug_group%.start%(t, vm, given%)\n  Starts a primary", text "hotplug_group.start")
    assert.matches("^watch:check_consistent%(given%)\n  Checks that all agree", text "hotplug_watch:check_consistent")
    assert.matches("\n  devices\n      PCI addresses of the two NICs in the guest%.", text "vhost_pair")
    assert.matches("\noracle +Invariants of", table.concat(help.overview(), "\n"))
  end)

  it("is moonrig help's and the REPL's", function()
    local rig = moonrig.new()
    local code, out = rig:call { "help", "prepared_vm" }
    assert.equal(0, code)
    assert.matches("prepared_vm:launch%(%)", out)
    code, out = rig:call { "help", "nonsense" }
    assert.equal(4, code)
    assert.matches("no help on nonsense", out)
    for _, words in ipairs { { "help" }, { "help", "help" }, { "help", "--help" }, { "--help" }, { "help", "run" } } do
      code, out = rig:call(words)
      assert.equal(0, code, out)
      assert.matches("Usage: moonrig", out)
      assert.matches("help", out)
    end
    code, out = rig:call { "help", "t:vm", "t:mp" }
    assert.equal(4, code)
    assert.matches("too many arguments", out)
    engine.fs.rmtree(rig.work)
  end)
end)
