-- What a person types at a rig: chunks, expressions, `:commands`, `?name`; and what becomes of it as a scenario.

local engine = require "engine"

local scenario = require "case.scenario"
local save = require "repl.save"
local session = require "repl.session"

-- A session at a rig that stands nowhere; what it shows is in `shown`.
local function new()
  local shown, ordered = {}, {}
  local rig = { t = { name = "the case" }, checks_made = {}, held = nil }
  function rig.scope() return rig.held end
  function rig.consoles() return {} end
  function rig.machines() return {} end
  function rig.checks() return rig.checks_made end
  function rig.typed() end
  function rig.place() return { "nowhere" } end
  function rig.orders() return { "step", "stop" } end
  function rig.order(name)
    ordered[#ordered + 1] = name
    if name == "reload" then return nil, "not here" end
    return true
  end
  local s = session.new(rig, function(text) shown[#shown + 1] = text end)
  return s, function()
    local text = table.concat(shown)
    shown = {}
    return text
  end, rig, ordered
end

describe("a session", function()
  it("shows an expression's value, and keeps globals and locals", function()
    local s, shown = new()
    assert.equal(session.prompt, s:line "1 + 1")
    assert.equal("2\n", shown())
    s:line "x = 5"
    s:line "local y = 6"
    s:line "x + y"
    assert.equal("11\n", shown())
    s:line "_ + 1"
    assert.equal("12\n", shown())
  end)

  it("shows what is behind an equals sign, as Lua's own prompt does", function()
    local s, shown = new()
    s:line "x = { 1, 2 }"
    for line, value in pairs { ["=#x"] = "2\n", ["= #x + 1"] = "3\n", ["  =  x[2]"] = "2\n", ["=1, 2"] = "1\n2\n" } do
      s:line(line)
      assert.equal(value, shown())
    end
    assert.equal(session.more, s:line "=f(")
    s:line ""
    shown()
    s:line "== 2"
    assert.matches("unexpected symbol near '=='", shown())
    s:line "#x = 3"
    assert.is_not.equal("", shown())
  end)

  it("takes a chunk of several lines", function()
    local s, shown = new()
    assert.equal(session.more, s:line "for i = 1, 2 do")
    assert.equal(session.more, s:line "print(i, 'of 2')")
    assert.equal(session.prompt, s:line "end")
    assert.equal("1\tof 2\n2\tof 2\n", shown())
  end)

  it("prints errors, and continues", function()
    local s, shown = new()
    s:line "1 +* 2"
    assert.matches("unexpected symbol near '%*'", shown())
    s:line "error 'gone wrong'"
    assert.matches("gone wrong", shown())
    s:line "error { 1 }"
    assert.not_equal("", shown())
    s:line "2"
    assert.equal("2\n", shown())
  end)

  it("calls off what waits, and what is half typed", function()
    local s, shown = new()
    local task = engine.task(function() return s:line "require('engine').elapse(60) error 'not reached'" end)
    engine.elapse(0.01)
    assert.is_true(s:interrupt())
    assert.equal(session.prompt, task:join(10)[2])
    s:line "for i = 1, 2 do"
    assert.is_false(s:interrupt())
    s:line "3"
    assert.equal("3\n", shown():match "[^\n]*\n$")
  end)

  it("sees the scenario's locals where it stands, and sets them", function()
    local s, shown, rig = new()
    local values = { port = 1 }
    rig.held = {
      get = function(_, name) if values[name] then return true, values[name] end return false end,
      set = function(_, name, value)
        if not values[name] then return false end
        values[name] = value
        return true
      end,
      names = function() return { "port" } end,
    }
    s:line "port = port + 1"
    assert.equal(2, values.port)
    s:line "other = 1"
    assert.same({ "other" }, s.globals)
    s:line ":locals"
    assert.matches("port +2", shown())
  end)

  it("gives orders, and prints why one is refused", function()
    local s, shown, _, ordered = new()
    s:line ":continue"
    s:line "  :step  "
    s:line ":reload"
    assert.same({ "continue", "step", "reload" }, ordered)
    assert.equal("not here\n", shown())
    assert.is_nil(s:line ":leave")
  end)

  it("lists the orders of the present pause", function()
    local s, shown = new()
    s:line ":help"
    local text = shown()
    for _, name in ipairs { "save", "step", "stop" } do assert.matches("\n  :" .. name .. " ", text) end
    assert.is_nil(text:find(":reload", 1, true))
    assert.is_nil(text:find(":continue", 1, true))
  end)

  it("names the nearest command", function()
    local s, shown = new()
    s:line ":consols"
    assert.matches("no command :consols %(did you mean consoles", shown())
    s:line ":log"
    assert.matches("which console", shown())
  end)

  it("lists the methods", function()
    local s, shown = new()
    s:line "?t:pause"
    assert.matches("Opens a prompt with the scenario", shown())
  end)

  it("completes commands, names of the rig, and what is set", function()
    local s = new()
    assert.same({ "consoles", "continue" }, s:candidates(":con", 4).candidates)
    s:line "packets_seen = 1"
    assert.same({ "packets_seen" }, s:candidates("packets_", 8).candidates)
  end)
end)

describe("what was typed, as a scenario", function()
  local function loads(text)
    local folder = engine.scratch()
    local file = folder .. "/typed.lua"
    local f = assert(io.open(file, "w"))
    f:write(text)
    f:close()
    local header, why = scenario.load(file)
    engine.fs.rmtree(folder)
    assert(header, why)
    return header
  end

  it("declares what was set, and runs", function()
    local s = new()
    s:line "total = 1"
    s:line "local function add(n)"
    s:line "  total = total + n"
    s:line "end"
    s:line "add(2)"
    s:line "total == 3"
    local text, is_checked = save.text(s.typed, s.globals, "2026-11-22")
    assert.is_true(is_checked)
    local checked
    loads(text).run { truthy = function(_, value, what) checked = { value, what } end }
    assert.same({ true, "total == 3" }, checked)
  end)

  -- Each is typed at a prompt where `x` is a table and `f` a function.
  for _, lines in ipairs {
    { "#x" }, { "# x" }, { "#x == 2" }, { "x == x -- the same" }, { "-x[1]" }, { "not x" }, { "x" }, { "nil" }, { "..." },
    { "return x" }, { "return x, 1" }, { "y = f\n", "(f)(1)" }, { "(f or print)(2)" }, { "('x'):rep(3)" }, { "=x" },
    { "=#x" }, { "= f(1)" }, { "f(1) -- done" }, { "_ = 3", "_" }, { "f(3)", "_ + 1 == 4" },
    { "engine.version" }, { "engine.elapse(0)" }, { "parse.no_such" }, { "break" }, { "goto out" }, { "-- a comment" },
    { "[[a", "b]] == x" }, { "y = [[one", "two]]" }, { "local function g()", "return 1", "end", "g() == 1" },
    { "oracle.in_equals_out == nil" },
  } do
    it("loads, and runs: " .. table.concat(lines, " | "), function()
      local s = new()
      s:line "x = { 1, 2 }"
      s:line "function f(n) return n end"
      for _, line in ipairs(lines) do s:line(line) end
      s:line "f(7) == 7"
      local text = save.text(s.typed, s.globals, "2026-11-22")
      local checked
      loads(text).run { truthy = function(_, value) checked = value end }
      assert.is_true(checked)
    end)
  end

  it("has an expression's value where a later line asks for it", function()
    local s = new()
    s:line "6 * 7"
    s:line "answer = _"
    s:line "answer == 42"
    local checked
    loads((save.text(s.typed, s.globals, "2026-11-22"))).run { truthy = function(_, value) checked = value end }
    assert.is_true(checked)
  end)

  it("leaves out what failed, and what was only looked at", function()
    local s = new()
    s:line "error 'no'"
    s:line "1 + 1"
    s:line "x ="
    s:line ""
    local text = save.text(s.typed, s.globals, "2026-11-22")
    assert.is_nil(text:find("error", 1, true))
    assert.matches("%-%- 1 %+ 1", text)
    loads(text)
  end)

  it("is never written over a file", function()
    local folder = engine.scratch()
    local s, shown = new()
    s:line(":save " .. folder .. "/mine/first.lua")
    assert.matches("nothing to save: no line was typed yet", shown())
    s:line "x = 1"
    s:line(":save " .. folder .. "/mine/first")
    assert.matches("wrote .*first%.lua.*checks nothing yet", shown())
    s:line(":save " .. folder .. "/mine/first")
    assert.matches("exists already: choose another name", shown())
    engine.fs.rmtree(folder)
  end)
end)
