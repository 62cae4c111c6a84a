-- recorder: what a case learns is recorded to the byte, and nothing that a scenario can call is forgotten.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local recording = require "recorder.recording"

local rig = moonrig.new()

-- The lines that a recording has once its values were written.
local function lines_of(write, labels)
  local path = rig.work .. "/recording.jsonl"
  local made = assert(engine.recording(path, labels or {}))
  write(made)
  assert(made:close())
  local out = {}
  for line in moonrig.read(path):gmatch "([^\n]*)\n" do out[#out + 1] = assert(engine.json.decode(line), line) end
  return out
end

-- What is read of a value that was written.
local function again(value)
  local line = lines_of(function(made) made:write("{\"at\":1", nil, "got", value) end)[1]
  return (recording.results(line))
end

describe("a recorded value", function()
  it("is read as it was written", function()
    for _, value in ipairs { 0, -1, 0.1, 1 / 3, 2 ^ 53, 1e300, math.huge, -math.huge, true, false, "", "text", "two\nlines\r\n\t\"q\"\\",
      "\0\1\31\127", "gr\195\252n", "gr\195\188n", "\239\191\189", "\255\254", "\237\160\128", ("\0"):rep(100), engine.json.null,
      { 1, 2, { 3 } }, { a = { b = { true } } }, { ["1"] = "x", ["\255"] = 1 } } do
      if type(value) == "table" and value["\255"] then value = { ["1"] = "x" } end
      assert.same(value, again(value))
    end
    local nan = again(0 / 0)
    assert.is_true(nan ~= nan)
    assert.is_nil(again(nil))
  end)

  it("has the numbers that do not fit, to their last digit", function()
    local value = engine.json.decode '{"a":5,"rx":18446744073709551615,"list":[1,1e400],"in":{"tx":-9007199254740993}}'
    local read = again(value)
    assert.equal(5, read.a)
    for name, of in pairs { rx = read, tx = read["in"] } do
      local ok, err = pcall(function() return of[name] end)
      assert.is_false(ok)
      assert.matches(name .. ": .*" .. engine.number.text(name == "rx" and value or value["in"], name), tostring(err))
    end
    assert.is_true(value.list[2] == read.list[2])
    assert.is_true(again(value.list[2]) == value.list[2])
  end)

  it("ends, though it holds itself", function()
    local o = { {}, { deep = {} } }
    o[1].a, o[1].b, o[2].deep.a, o[2].deep.b = o, o, o, o
    local read = again(o)
    assert.equal("(a table within itself)", read[1].a)
    assert.equal("(a table within itself)", read[2].deep.b)
    -- the same twice is no circle
    local twice = { 1 }
    assert.same({ { 1 }, { 1 } }, again { twice, twice })
  end)

  it("is an error where it was one", function()
    local _, err = engine.fs.stat "/no/such/file"
    local read = again(err)
    assert.equal(tostring(err), tostring(read))
    assert.equal("ENOENT", read.code)
    assert.equal(debug.getmetatable(err), debug.getmetatable(read))
    assert.equal("\255", again(engine.error { code = "EIO", op = "x", what = "\255" }).what)
  end)

  it("keeps its place among others", function()
    local line = lines_of(function(made) made:write("{\"at\":1", nil, "got", nil, "x", nil) end)[1]
    local function count(...) return select("#", ...), ... end
    assert.same({ 3, nil, "x", nil }, { count(recording.results(line)) })
  end)

  it("is a size and a checksum, if it is long", function()
    local long, bytes = ("x"):rep(5000), ("\255\0"):rep(35000)
    local line = lines_of(function(made) made:write("{\"op\":\"io.open\"", { n = 1, long }, "got", bytes, ("x"):rep(70000)) end)[1]
    assert.same({ 5000, engine.checksum(long) }, line.args[1]["$cut"])
    assert.is_nil(recording.departs(line, { n = 1, long }))
    assert.truthy(recording.departs(line, { n = 1, long .. "x" }))
    local whole, text = recording.results(line)
    -- not assert.equal, which prints them
    assert.is_true(whole == bytes)
    assert.equal(70000, #text)
    local function long_result(args, result)
      return lines_of(function(made) made:write("{\"op\":\"io.open\"", args, "got", result) end)[1]
    end
    local most = 16 * 2 ^ 20
    assert.equal(most, #recording.results(long_result({ n = 0 }, ("x"):rep(most))))
    assert.equal(("(%.0f bytes that were not recorded)"):format(most + 1),
      (recording.results(long_result({ n = 0 }, ("x"):rep(most + 1)))))
    local lacked
    recording.results(long_result({ n = 0, is_brief = true }, bytes), nil, function(n) lacked = n end)
    assert.equal(70000, lacked)
  end)

  it("is a handle by its label", function()
    local here = engine.here()
    local line = lines_of(function(made) made:write("{\"at\":1", nil, "got", here, print) end, { [here] = "node 1" })[1]
    assert.same({ { ["$handle"] = "node 1" }, { ["$type"] = "function" } }, line.got)
    assert.equal("this one", (recording.results(line, function(label) return label == "node 1" and "this one" end)))
  end)
end)

describe("a recording", function()
  it("that cannot be made returns an error", function()
    local made, err = engine.recording("/no/such/folder/x", {})
    assert.is_nil(made)
    assert.equal("ENOENT", err.code)
  end)

  it("that could not be written returns an error at its end", function()
    local made = assert(engine.recording("/dev/full", {}))
    for _ = 1, 100 do made:write("{\"at\":1", nil, "got", ("x"):rep(1000)) end
    local ok, err = made:close()
    assert.is_nil(ok)
    assert.equal("ENOSPC", err.code)
    assert.has_error(function() made:write("{", nil, "got") end, "this recording is closed")
  end)

  it("is on disk a moment after it was written, for a worker that is killed", function()
    local path = rig.work .. "/soon.jsonl"
    local made = assert(engine.recording(path, {}))
    made:write("{\"at\":1", nil, "got")
    assert.equal("", moonrig.read(path))
    made:flush()
    local deadline = engine.now() + 10
    repeat engine.elapse(0.01) until moonrig.read(path) ~= "" or engine.now() > deadline
    assert.equal("{\"at\":1,\"got\":[]}\n", moonrig.read(path))
    made:close()
  end)
end)

local bindings = engine.bindings()

describe("a binding", function()
  -- what was registered past the rows is in no recording
  it("is a row, whatever of the engine is called", function()
    local missing, seen = {}, 0
    for prefix, functions in pairs { engine = engine, fs = engine.fs, sys = engine.sys, json = engine.json } do
      for name, value in pairs(functions) do
        if type(value) == "function" then
          seen = seen + 1
          if not bindings[prefix .. "." .. name] then missing[#missing + 1] = prefix .. "." .. name end
        end
      end
    end
    assert.same({}, missing)
    assert.is_true(seen > 60, seen)
  end)

  it("is a row, whatever of a handle is called", function()
    local kinds, without = {}, {}
    -- LuaFileSystem's and LuaSystem's, which busted requires; LuaSQL's; numbers that do not fit, which have no methods
    local others = { ["moonrig.unfit"] = true, ["moonrig.unfit_fields"] = true,
      ["directory metatable"] = true, ["lock metatable"] = true, ["LuaSystem.BitFlags"] = true,
      ["SQLite3 environment"] = true, ["SQLite3 connection"] = true, ["SQLite3 cursor"] = true }
    for name, meta in pairs(debug.getregistry()) do
      if type(name) == "string" and not others[name] and type(meta) == "table" and rawget(meta, "__index") then
        if meta.__kind then kinds[meta.__kind] = true else without[#without + 1] = name end
      end
    end
    assert.same({}, without)
    for _, kind in ipairs { "console", "node", "qmp", "telemetry", "task", "guest memory", "file" } do
      assert.is_true(kinds[kind], kind)
    end
  end)

  it("has a kind for the recording", function()
    local kinds = { wait = true, act = true, read = true, effect = true, rare = true, take = true, put = true, idle = true, same = true,
      person = true }
    for op, how in pairs(bindings) do assert.truthy(kinds[how.is], op) end
    assert.same({ is = "wait", count = 1 }, bindings["console.command"])
    assert.same({ is = "wait", count = 0 }, bindings["engine.close_all"])
    assert.same({ is = "read", count = math.huge }, bindings["os.getenv"])
    assert.equal("person", bindings["event.wait"].is)
  end)
end)

describe("engine.intercept", function()
  after_each(function() engine.intercept() end)

  it("is passed by each call, until it is taken away", function()
    local seen, home, node = {}, engine.home(), engine.here()
    local name = node:name()
    engine.intercept(function(op, is, fn, is_method)
      return function(...)
        seen[op] = { is, is_method, (select("#", ...)) }
        return fn(...)
      end
    end, true)
    assert.equal(home, engine.home())
    assert.equal(name, node:name())
    assert.is_true(engine.here():run({ "true" }, { timeout = 5 }).code == 0)
    assert.equal(os.getenv "PATH", os.getenv "PATH")
    local f = io.open "/proc/uptime"
    assert.matches("%d", f:read "*l")
    f:close()
    engine.intercept()
    local expected = { ["engine.home"] = { "read", false, 0 }, ["node.name"] = { "read", true, 1 },
      ["engine.here"] = { "read", false, 0 }, ["node.run"] = { "wait", true, 3 }, ["os.getenv"] = { "read", false, 1 },
      ["io.open"] = { "take", false, 1 }, ["file.read"] = { "take", true, 2 }, ["file.close"] = { "put", true, 1 } }
    for op, call in pairs(expected) do assert.same(call, seen[op], op) end
    seen = {}
    engine.home()
    os.time()
    assert.same({}, seen)
  end)

  it("leaves what it returns nothing for, and what is not of the world", function()
    local asked = {}
    engine.intercept(function(op) asked[op] = true end)
    assert.is_true(asked["engine.now"])
    assert.is_nil(asked["json.encode"])
    -- what is not recorded is a replay's alone
    assert.is_nil(asked["engine.log"])
    engine.intercept(function(op) asked[op] = true end, true)
    assert.is_true(asked["engine.log"])
    assert.is_number(engine.now())
    assert.is_string(os.date())
    assert.error_matches(function() engine.intercept(1) end, "bad argument #1")
  end)

  it("replaces a kind's methods when it is told the kind", function()
    local asked, node = {}, engine.here()
    local function wrap(op, _, _, is_method)
      asked[op] = is_method
      return function() return op end
    end
    engine.intercept(wrap)
    assert.is_nil(asked["node.name"])
    assert.is_false(asked["engine.home"])
    assert.not_equal("node.name", node:name())
    engine.intercept(wrap, "node")
    assert.is_true(asked["node.name"])
    assert.is_nil(asked["console.name"])
    assert.equal("node.name", node:name())
    -- a second time it replaces the function itself, not the replacement
    engine.intercept(function(_, _, fn) return function(...) return "[" .. tostring(fn(...)) .. "]" end end, "node")
    assert.not_matches("node.name", node:name(), 1, true)
    engine.intercept()
    assert.not_matches("[", node:name(), 1, true)
  end)

  it("restores the function that it replaced last, not the first that it ever saw", function()
    local real = engine.home
    local function wrap(_, _, fn) return fn end
    engine.home = function() return "a spec's double" end
    engine.intercept(wrap)
    engine.intercept()
    engine.home = real
    engine.intercept()
    assert.equal(real, engine.home)
    engine.intercept(wrap, false)
    local asked = {}
    engine.intercept(function(op) asked[op] = true end, false)
    assert.is_nil(asked["engine.log"])
  end)
end)

lazy_teardown(function() rig:remove() end)
