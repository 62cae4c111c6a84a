-- annotations: failures at the scenario's lines; what a program says gives GitHub's runner no command.

local engine = require "engine"

local annotations = require "format.annotations"
local moonrig = require "specs.moonrig"

local rig

before_each(function() rig = moonrig.new() end)
after_each(function() rig:remove() end)

-- What GitHub's runner makes of lines: { level, file, line, title, message }, ... Commands that are stopped are none.
local function commands(text)
  local out, stopped = {}, nil
  for line in text:gmatch "[^\n]+" do
    local name, properties, message = line:match "^%s*::([%w-]+) ?([^:]*)::(.*)$"
    if stopped then
      if line:match "^%s*::(.*)::$" == stopped then stopped = nil end
    elseif name == "stop-commands" then
      stopped = message
    elseif name then
      local command = { level = name }
      local function plain(s) return (s:gsub("%%(%x%x)", function(x) return string.char(tonumber(x, 16)) end)) end
      for key, value in properties:gmatch "(%w+)=([^,]*)" do command[key] = plain(value) end
      command.message = plain(message)
      out[#out + 1] = command
    end
  end
  return out
end

describe("annotations", function()
  it("have a level, a place and a message a verdict", function()
    local function case(status, reason, more)
      local c = { plan = "p", name = "n", file = "scripts/x.lua", status = status, reason = reason }
      for key, value in pairs(more or {}) do c[key] = value end
      return c
    end
    local said = commands(table.concat(annotations.lines { cases = { case "PASS", case("FAIL", "sum: no", { where = "scripts/x.lua:3" }),
      case("ERROR", "scripts/x.lua:7: attempt to call", { where = "scripts/x.lua:7" }),
      case("ERROR", "not done within 4 s; it was at: (scripts/y.lua:8)", { where = "scripts/x.lua:9" }),
      case("ERROR", "worker was killed"), case("FLAKY", "once"), case("XFAIL", "old"), case("SKIP", "no KVM"), case "GARBLED",
      case("FAIL", "1 of 2 cells: b", { cells = { { name = "a", status = "PASS" }, { name = "b", status = "FAIL",
        reason = "sum: no (scripts/z.lua:1)", where = "scripts/x.lua:5" } } }) } }, "\n"))
    local seen = {}
    for i, c in ipairs(said) do seen[i] = ("%s %s %s"):format(c.level, tostring(c.line), c.title) end
    assert.same({ "error 3 FAIL p/n", "error 7 ERROR p/n", "error 9 ERROR p/n", "error nil ERROR p/n", "warning nil FLAKY p/n",
      "notice nil XFAIL p/n", "notice nil SKIP p/n", "error nil GARBLED p/n", "error 5 FAIL p/n: b" }, seen)
    assert.equal("scripts/x.lua", said[1].file)
    assert.equal("sum: no", said[1].message)
  end)

  it("stay in their places whatever anybody said", function()
    local hostile = "a, b: c%0A::error::x\r\n::add-mask::y\27[31m\255"
    local lines = annotations.lines { cases = { { plan = hostile, name = hostile, file = hostile .. ".lua", status = "FAIL",
      reason = hostile } } }
    assert.equal(1, #lines)
    assert.is_nil(lines[1]:find "[%c\255]")
    local said = commands(lines[1])
    assert.equal("a, b: c%0A::error::x\r\n::add-mask::y [31m\239\191\189", said[1].message)
    assert.matches("^FAIL a, b: c%%0A", said[1].title)
  end)

  it("come at a run's end, and alone are commands", function()
    local plan = rig:plan("plan", { a = moonrig.case [[
      print "::error file=x::from its output"
      t:note "::set-env name=PATH::x"
      t:equal("one\n::warning::two", "x", "sum")]], b = moonrig.case 't:equal(1, 1, "one")' })
    local status, text = rig:call({ "run", "--annotations", "github", "-v", plan, "-o", rig.work .. "/out" },
      { "GITHUB_WORKSPACE=" .. engine.fs.realpath(rig.work) })
    assert.equal(1, status)
    local said = commands(text)
    assert.equal(1, #said, text)
    assert.same({ "error", "plan/a.lua", "4", "FAIL plan/a" }, { said[1].level, said[1].file, said[1].line, said[1].title })
    assert.matches('^sum: expected "x", got "one', said[1].message)
  end)

  it("are refused beside TAP, and for a forge that nobody knows", function()
    local plan = rig:plan("plan", { a = moonrig.case "" })
    local status, said = rig:call { "run", "--annotations", "github", "--tap", plan }
    assert.equal(4, status)
    assert.matches("use one", said)
    assert.equal(4, (rig:call { "run", "--annotations", "sourceforge", plan }))
  end)
end)
