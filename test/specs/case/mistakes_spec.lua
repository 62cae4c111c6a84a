-- mistakes: each is told with the scenario's file and line in front, and in words that name what was wrong.

local engine = require "engine"

local helper = require "specs.helper"
local scenario = require "case.scenario"
local mistakes = require "specs.mistakes"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()

-- A text that begins with words, "..." standing for anything between two of them.
local function begins(text, words)
  local at, is_first = 1, true
  for part in (words .. "..."):gmatch "(.-)%.%.%." do
    local from, to = text:find(part, at, true)
    if not from or is_first and from ~= 1 then return false end
    at, is_first = to + 1, false
  end
  return true
end

local function check(reason, file, line, words)
  -- consoles are named after their cells
  reason = reason:gsub("@%d+", "")
  local place = line and ("%s:%d: "):format(file, line) or file .. ": "
  -- by its end: the folder is the spec's own
  local from = assert(reason:find(place, 1, true), ("%s\nis not at %s"):format(reason, place))
  local told = reason:sub(from + #place)
  assert.is_nil(reason:sub(1, from):find "%s", reason)
  assert(begins(told, words), ("%s\ndoes not begin with\n%s"):format(told, words))
  assert.is_nil(told:find "^[^\n]*lib/%w+%.lua:%d", reason)
end

-- Enough under memcheck, too.
local RUN_SECONDS = 300

-- Runs a folder of scenarios; the cases of its results, by name.
local function run(folder)
  local code, out = rig:call({ "run", folder, "-o", folder .. "/out" }, nil, RUN_SECONDS)
  assert.equal(3, code, out)
  local cases = {}
  for _, c in ipairs(moonrig.results(folder .. "/out").cases) do cases[c.name] = c end
  return cases
end

describe("a mistake in a file", function()
  local cases
  for i, m in ipairs(mistakes.files) do
    it(("is told: %s"):format(m[1]), function()
      if not cases then
        local texts = {}
        for j, other in ipairs(mistakes.files) do texts["file" .. j] = other[2] end
        cases = run(rig:plan("files", texts))
      end
      check(cases["file" .. i].reason, ("file%d.lua"):format(i), m[3], m[4])
    end)
  end
end)

it("a file of the checkout's is named as it is typed", function()
  for text, words in pairs {
    ["local x =\n= 3"] = "scripts/x.lua:2: unexpected symbol",
    [""] = "scripts/x.lua: a scenario ends with `return rig.case { name = ..., run = function(t) ... end }`, "
      .. "got nothing",
    ["return nme"] = "scripts/x.lua:1: no global nme",
  } do
    local header, why = scenario.load(engine.home() .. "/scripts/x.lua", { text = text })
    assert.is_nil(header)
    assert.equal(words, why:sub(1, #words))
  end
end)

-- Mistakes as the cells of one case: `before` and `after` are steps around them.
local function scenario_of(list, before, after, header)
  local out = { ("return rig.case { name = 'x', timeout = 200, %s run = function(t) %s"):format(header, before) }
  for i, m in ipairs(list) do
    out[#out + 1] = ("t:cell('%d', function()\n%s\nend)"):format(i, m[2])
  end
  out[#out + 1] = after .. " end }"
  return table.concat(out, "\n")
end

-- The cell's steps are on the second of its three lines.
local function line_of(i) return 3 * i end

local function describe_cells(name, list, before, after, header)
  describe("a mistake in " .. name, function()
    local cells
    for i, m in ipairs(list) do
      it("is told: " .. m[1], function()
        if header:find '"vm"' and not helper.has_image() then return pending "no guest image" end
        if not cells then
          cells = run(rig:plan(name, { x = scenario_of(list, before, after, header) })).x.cells
        end
        assert.equal("ERROR", cells[i].status)
        check(cells[i].reason, "x.lua", line_of(i), m[3])
      end)
    end
  end)
end

describe_cells("steps", mistakes.steps, "", "", "")
describe_cells("testpmd", mistakes.testpmd, "local pmd = t:testpmd { vdevs = { 'net_null0' } } t:truthy(pmd, 'it is up')",
  "pmd:quit()", "")
describe_cells("vm", mistakes.vm, "local prepared = t:prepare_vm() local vm = prepared:launch() t:truthy(vm, 'it is up')",
  "", 'needs = { "vm" },')

it("leaves nothing", function()
  assert.equal("", rig:leftovers())
  rig:remove()
end)
