-- tape: what a case learns is on it to the byte, and nothing that a scenario can call is forgotten.

local engine = require "engine"

local gate = require "recorder.gate"
local moonrig = require "specs.moonrig"
local recording = require "recorder.recording"

local rig = moonrig.new()

-- The lines that a tape has once its values were written.
local function lines_of(write, labels)
  local path = rig.work .. "/recording.jsonl"
  local tape = assert(engine.tape(path, labels or {}))
  write(tape)
  assert(tape:close())
  local out = {}
  for line in moonrig.read(path):gmatch "([^\n]*)\n" do out[#out + 1] = assert(engine.json.decode(line), line) end
  return out
end

-- What is read of a value that was written.
local function again(value)
  local line = lines_of(function(tape) tape:write("{\"at\":1", nil, "got", value) end)[1]
  return (recording.results(line))
end

describe("a value on tape", function()
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
    local line = lines_of(function(tape) tape:write("{\"at\":1", nil, "got", nil, "x", nil) end)[1]
    local function count(...) return select("#", ...), ... end
    assert.same({ 3, nil, "x", nil }, { count(recording.results(line)) })
  end)

  it("is told by size and sum where it is a long argument, or long bytes", function()
    local long, bytes = ("x"):rep(5000), ("\255"):rep(70000)
    local line = lines_of(function(tape) tape:write("{\"op\":\"io.open\"", { n = 1, long }, "got", bytes, ("x"):rep(70000)) end)[1]
    assert.same({ 5000, engine.checksum(long) }, line.args[1]["$cut"])
    assert.is_nil(recording.departs(line, { n = 1, long }))
    assert.truthy(recording.departs(line, { n = 1, long .. "x" }))
    local cut, text = recording.results(line)
    assert.equal("(70000 bytes that are not on the recording)", cut)
    assert.equal(70000, #text)
  end)

  it("is a handle by its label", function()
    local here = engine.here()
    local line = lines_of(function(tape) tape:write("{\"at\":1", nil, "got", here, print) end, { [here] = "node 1" })[1]
    assert.same({ { ["$handle"] = "node 1" }, { ["$type"] = "function" } }, line.got)
    assert.equal("this one", (recording.results(line, function(label) return label == "node 1" and "this one" end)))
  end)
end)

describe("a tape", function()
  it("that cannot be made says why", function()
    local tape, err = engine.tape("/no/such/folder/x", {})
    assert.is_nil(tape)
    assert.equal("ENOENT", err.code)
  end)

  it("that could not be written says so at its end", function()
    local tape = assert(engine.tape("/dev/full", {}))
    for _ = 1, 100 do tape:write("{\"at\":1", nil, "got", ("x"):rep(1000)) end
    local ok, err = tape:close()
    assert.is_nil(ok)
    assert.equal("ENOSPC", err.code)
    assert.has_error(function() tape:write("{", nil, "got") end, "this tape is closed")
  end)

  it("is on disk a moment after it was written, for a worker that is killed", function()
    local path = rig.work .. "/soon.jsonl"
    local tape = assert(engine.tape(path, {}))
    tape:write("{\"at\":1", nil, "got")
    assert.equal("", moonrig.read(path))
    tape:flush()
    local deadline = engine.now() + 10
    repeat engine.elapse(0.01) until moonrig.read(path) ~= "" or engine.now() > deadline
    assert.equal("{\"at\":1,\"got\":[]}\n", moonrig.read(path))
    tape:close()
  end)
end)

local function names(functions)
  local out = {}
  for name, value in pairs(functions) do
    if type(value) == "function" then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

local function told(list)
  local out = {}
  for name in pairs(list) do out[#out + 1] = name end
  table.sort(out)
  return out
end

describe("the gate", function()
  it("knows each function of the engine", function()
    assert.same(names(engine), told(gate.engine))
    assert.same(names(engine.fs), told(gate.fs))
    assert.same(names(engine.sys), told(gate.sys))
  end)

  it("knows each method of each handle", function()
    for _, kind in ipairs { "console", "node", "qmp", "telemetry", "task", "guest memory" } do
      assert.same(names(gate.methods(kind)), told(gate.handles[kind]), kind)
    end
  end)

  it("knows what all of them are", function()
    local kinds = { wait = true, act = true, read = true, effect = true, rare = true, idle = true, same = true, own = true }
    for op, how in pairs(recording.calls) do assert.truthy(kinds[how.is], op) end
  end)

  -- a person's (tape.aside)
  local ASIDE = { readline = true, chatter = true, listener_accept = true, bell_wait = true, watch_next = true,
    keys_next = true }

  it("lets nobody through who waits without being known to", function()
    local source = ""
    for _, name in ipairs(engine.fs.list(engine.home() .. "/engine/bind")) do
      source = source .. moonrig.read(engine.home() .. "/engine/bind/" .. name)
    end
    local waits = 0
    for fn, body in source:gmatch "\nl_([%w_]+)%(lua_State %*L%)(.-)\n}" do
      if body:find("task_park(", 1, true) then
        waits = waits + 1
        local short, found = fn:gsub("^%a+_", "", 1), ASIDE[fn]
        for op, how in pairs(recording.calls) do
          local name = op:match "[^.]+$"
          if name == fn or name == short then found = found or how.is == "wait" end
        end
        assert.truthy(found, "l_" .. fn .. " waits, and lib/recorder/gate.lua does not say so")
      end
    end
    assert.is_true(waits > 10)
  end)
end)

lazy_teardown(function() rig:remove() end)
