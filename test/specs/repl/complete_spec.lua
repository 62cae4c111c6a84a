-- complete: what Tab offers, and that it calls nothing of what it looks at.

local engine = require "engine"

local complete = require "repl.complete"
local options = require "base.options"

for _, name in ipairs { "case.case", "dpdk.testpmd", "vm.vm", "dpdk.mp", "dpdk.hotplug", "dpdk.stats" } do require(name) end

-- An object of a class: its methods raise, and so would an unknown key.
local function object(class, fields)
  local methods = {}
  for name in pairs(assert(options.classes[class], class)) do
    methods[name] = function() error "was called" end
  end
  local real = options.classes[class]
  local meta = options.class(class, methods)
  options.classes[class] = real
  return setmetatable(fields or {}, meta)
end

local env = setmetatable({
  t = object "t", pmd = object("testpmd", { console = {} }), guest = object("vm", { node = engine.here() }),
  stats = { ports = { [0] = { rx_packets = 1, rx_bytes = 2, tx_packets = 3 } } },
  by_device = { ["0000:00:05.0"] = 0 },
  active = setmetatable({}, { __index = function() error "acts" end }),
  __names = function() return { "0000:00:05.0", "0000:00:06.0", "net_vhost0", "serial" } end,
  __keep = print,
}, { __index = _G })

-- "|" is where the cursor is; at the end without one.
local function offered(text)
  local at = text:find("|", 1, true)
  local found = complete.candidates(text:gsub("|", ""), at and at - 1 or #text, env)
  return found.candidates, found.from
end

local function has(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

describe("completion of names", function()
  it("offers globals, keywords and what the chunk has named", function()
    assert.same({ "pmd" }, offered "pm")
    assert.same({ "require" }, offered "local x = requ")
    assert.same({ "repeat" }, offered "x() repe")
    assert.same({ "counted" }, offered "local counted = 1\nprint(cou")
    assert.is_true(has(offered "", "t"))
    -- not all that Lua itself has to offer
    assert.is_false(has(offered "", "while"))
    assert.is_false(has(offered "__", "__keep"))
  end)

  it("gives the word's first byte", function()
    local list, from = offered 'print("ü", pm|d)'
    assert.same({ "pmd" }, list)
    assert.equal(#'print("ü", ' + 1, from)
  end)

  it("offers nothing in a comment or a number", function()
    assert.same({}, offered "x = 1 -- pm")
    assert.same({}, offered "--[[ pm")
    assert.same({}, offered "12")
  end)
end)

describe("completion of members", function()
  it("offers an object's methods, and not the runner's own", function()
    assert.same({ "testpmd" }, offered "t:test")
    assert.same({ "start", "stop" }, offered "pmd:st")
    assert.same({ "set_fwd" }, offered "pmd.set")
    assert.same({}, offered "pmd:unheard")
    assert.same({ "console" }, offered "pmd.cons")
  end)

  it("offers nothing of an object but what its stub declares", function()
    local inside = { ctx = { emit = print }, checks = {}, _private = 1, program = "x" }
    for class, fields in pairs { t = {}, testpmd = { "console", "node" }, vm = { "node", "qmp" }, mp = { "console", "node" } } do
      local given = {}
      for key, value in pairs(inside) do given[key] = value end
      local list = complete.candidates("it.", 3, setmetatable({ it = object(class, given) }, { __index = _G })).candidates
      for key in pairs(inside) do assert.is_false(has(list, key), class .. "." .. key) end
      for _, field in ipairs(fields) do assert.is_true(has(list, field), class .. "." .. field) end
      assert.is_true(#list > 3, class)
    end
    assert.is_true(has(offered "t:testpmd{}.console:", "since"))
  end)

  it("offers the keys of tables, and of what is in them", function()
    assert.same({ "rx_bytes", "rx_packets" }, offered "stats.ports[0].rx")
    assert.same({ "rx_bytes", "rx_packets" }, offered 'print(1 + stats["ports"][0].rx')
    assert.same({}, offered "stats.ports[7].rx")
    assert.same({ "0000:00:05.0" }, offered 'by_device["0000:00:05')
  end)

  it("offers a table's functions behind a colon, a string's, a handle's", function()
    assert.same({}, offered "stats:por")
    assert.same({ "string" }, offered "stri")
    assert.same({ "gmatch", "gsub" }, offered "string.g")
    assert.same({ "gmatch", "gsub" }, offered '("x"):g')
    assert.is_true(has(offered "guest.node:", "spawn"))
  end)

  it("follows calls by their results in lib/help/stubs", function()
    assert.same({ "start", "stop" }, offered "t:testpmd{ rxq = 2 }:st")
    assert.same({ "launch" }, offered "t:prepare_vm({ cpus = (1 + 2) }):l")
    assert.same({ "launch" }, offered 't:prepare_vm "x":l')
    assert.is_true(has(offered "t:vm().node:", "spawn"))
    assert.same({ "start", "stop" }, offered "local p = t:testpmd()\np:command 'x'\np:st")
  end)

  it("does not run what it looks at", function()
    assert.same({}, offered "active.")
    assert.same({}, offered "active.x.y")
    assert.same({}, offered "pmd.nothing.x")
    assert.same({}, offered "nothing.at.all")
  end)
end)

describe("completion of option keys", function()
  it("offers those of the method, not those that are given", function()
    assert.same({ "rxd", "rxq" }, offered "t:testpmd{ rx")
    assert.same({ "rxd = " }, offered "t:testpmd{ rxq = 2, rx")
    assert.same({ "rxd = " }, offered "t:testpmd({ rxq = 2,\n  rx")
    assert.same({ "file_prefix = " }, offered "guest:mp { program = 'x', vdevs = { { 'net_null0' } }, fi")
    assert.is_true(has(offered "rig.case { ", "known_issue"))
  end)

  it("offers those of a table within", function()
    assert.same({ "server", "socket" }, offered "t:vm{ ports = { { mac = 'x', s")
    assert.same({ "server = " }, offered "t:vm{ ports = { { socket = 's' }, { socket = 'x', s")
  end)

  it("offers names where a value is to come", function()
    assert.same({ "pmd" }, offered "t:testpmd{ rxq = pm")
    assert.same({ "pmd" }, offered "t:testpmd({}, pm")
    assert.same({ "pmd" }, offered "x = { pm")
  end)
end)

describe("completion in strings and of the prompt's own", function()
  it("offers what is on the rig", function()
    local list, from = offered 't:bind({ "0000:00:0'
    assert.same({ "0000:00:05.0", "0000:00:06.0" }, list)
    assert.equal(#'t:bind({ "' + 1, from)
    assert.same({ "net_vhost0" }, offered "pmd:command 'show net_v")
    assert.same({ "serial" }, offered ":log se")
  end)

  it("offers help's names, commands, files", function()
    assert.same({ "prepared_vm", "prepared_vm:launch" }, offered "?prepared")
    assert.same({ "testpmd:set_fwd" }, offered "? testpmd.set")
    assert.same({ "save", "step", "stop" }, offered ":s")
    local here = engine.home()
    assert.same({ here .. "/lib/repl/complete.lua" }, offered(":save " .. here .. "/lib/repl/compl"))
    assert.same({ here .. "/lib/" }, offered(":save " .. here .. "/li"))
    assert.same({}, offered ":save /no/such/folder/")
  end)
end)

describe("completion", function()
  it("takes whatever is typed", function()
    local pieces = { "t", ":", ".", "{", "}", "(", ")", "[", "]", '"', "'", "[[", "--", "=", ",", " ", "1", "..", "\\",
      "pmd", "\n", "?", "\255", "function", "0x", "rig.case" }
    local seed = 1
    local function random(n)
      seed = (seed * 16807) % 2147483647
      return seed % n + 1
    end
    local found_names = 0
    for _ = 1, 3000 do
      local text = {}
      for i = 1, random(8) do text[i] = pieces[random(#pieces)] end
      local typed = table.concat(text)
      local found = complete.look(typed, env)
      assert.is_true(found.from >= 1 and found.from <= #typed + 1, typed)
      for _, name in ipairs(found.candidates) do assert.equal("string", type(name)) end
      found_names = found_names + #found.candidates
    end
    assert.is_true(found_names > 100, found_names)
    -- a name that is set to itself is unknown
    assert.same({ from = 7, candidates = {} }, complete.look("x = x.", env))
    assert.same({ from = 1, candidates = {} }, complete.candidates("x", 1, setmetatable({ __names = error }, { __index = 1 })))
  end)
end)
