-- rows: the rows that `each` makes, their names, and what it refuses.

local engine = require "engine"
local rows = require "case.rows"
local scenario = require "case.scenario"

local function names_of(each)
  local out = {}
  for i, row in ipairs(rows.of(each)) do out[i] = row.name end
  return table.concat(out, " ")
end

-- The header of a scenario's text.
local function load(header)
  return scenario.load(engine.home() .. "/scripts/x.lua",
    { text = 'return rig.case { name = "x", run = print,\n' .. header .. " }", modules = {} })
end

describe("rows.of", function()
  it("takes a list: of values, or of tables with names or without", function()
    assert.equal("io mac 8 -1 0.5", names_of { "io", "mac", 8, -1, 0.5 })
    assert.equal("packed_ring_8 split-queues1", names_of { { name = "packed ring, 8" }, { queues = 1, path = "split" } })
    local list = rows.of { "io", { name = "two", queues = 2 } }
    assert.equal("io", list[1].value)
    assert.same({ name = "two", queues = 2 }, list[2].value)
    assert.equal("split-queues1", rows.of { { queues = 1, path = "split" } }[1].value.name)
  end)

  it("takes named lists: each combination, by the lists' names, the last one changes fastest", function()
    assert.equal("packed-queues1 packed-queues8 split-queues1 split-queues8",
      names_of { queues = { 1, 8 }, path = { "packed", "split" } })
    assert.equal("csum no_csum", names_of { csum = { true, false } })
    assert.equal("rate0.1 rate1000000", names_of { rate = { 0.1, 1e6 } })
    local one = rows.of { path = { { name = "packed mrg", vdev = "packed_vq=1" } }, size = { 64 } }[1]
    assert.equal("packed_mrg-size64", one.name)
    assert.equal("packed_vq=1", one.value.path.vdev)
  end)

  it("leaves out what where(row) does not keep, and takes the fields that it adds", function()
    local given = { path = { "a", "b" }, n = { 1, 2 }, where = function(row)
      row.timeout = row.n * 10
      return row.path == "a" or row.n == 2
    end }
    assert.equal("n1-a n2-a n2-b", names_of(given))
    assert.equal(20, rows.of(given)[3].value.timeout)
    assert.equal("2", names_of { 1, 2, where = function(row) return row > 1 end })
  end)

  it("keeps names short and safe: letters, digits and _ . + -", function()
    for _, hostile in ipairs { "a b/c", "$(x)", "a;b&c|d", "[x]", "größe", "a\nb", "'q'\"", "../..x", "-rf*?", "x:y" } do
      local name = rows.of { hostile }[1].name
      assert.is_truthy(name:find "^[%w_.+-]+$", name)
    end
  end)

  local refused = {
    { {}, "expected a list of rows, or named lists.*it is empty" },
    { { "a", n = { 1 } }, "not both: n stands beside row 1" },
    { { n = 8 }, "n: expected a list of values, as in n = { 1, 8 }, got a number %(8%)" },
    { { n = {} }, "n: expected a list of values" },
    { { n = { 1, [3] = 2 } }, "n: expected a list of values without names and gaps" },
    { { wehre = print, n = { 1 } }, "wehre: expected a list of values.*did you mean where" },
    { { n = { {} } }, "n: value 1: expected a string, a number, a boolean, or a table with a name" },
    { { n = { print } }, "n: value 1: expected" },
    { { n = { 1 }, where = 5 }, "where: expected a function, got a number" },
    { { 1, 2, where = function() return false end }, "leaves none of 2 rows" },
    { { "a", "a" }, "rows 1 and 2 are both named a: give one name" },
    { { "a b", "a/b" }, "rows 1 and 2 are both named a_b" },
    { { n = { 1, 1 } }, "rows 1 and 2 are both named n1" },
    { { { queues = {} } }, "row 1 has no name" },
    { { "***" }, "row 1 has no name" },
    { { true }, "row 1: expected a table or a string that is not empty or a number, got true" },
    { { ("x"):rep(200) }, "row 1: its name has 200 characters" },
    { { { name = "a", timeout = "soon" } }, "row a: timeout: expected seconds" },
    { { { name = "a", needs = "vm" } }, "row a: needs: expected an array of strings" },
    { { needs = { "vm", "testpmd" } }, "needs is a field of a row and no list of values" },
    { { a = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, b = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
      c = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } }, "it makes 1100 rows, the most are 1000" },
  }
  for i, one in ipairs(refused) do
    it(("refuses %d: %s"):format(i, one[2]), function()
      local ok, err = pcall(rows.of, one[1])
      assert.is_false(ok)
      assert.matches("rig.case: each: ", tostring(err), 1, true)
      assert.matches(one[2], tostring(err))
    end)
  end
end)

describe("a header with rows", function()
  it("gives each row's case what the row adds", function()
    local header = assert(load [[ plan = "vm2vm", tags = { "fast" }, needs = { "testpmd" }, timeout = 20, each = {
      { name = "a", needs = { "vm", "testpmd" }, timeout = 90, tags = { "slow" }, case = "Test Case 1",
        known_issue = { why = "bug 7", says = "x" } }, { name = "b", plan = "other" } } ]])
    local a, b = header.rows[1], header.rows[2]
    assert.same({ "testpmd", "vm" }, a.needs)
    assert.same({ "fast", "slow" }, a.tags)
    assert.same({ 90, "vm2vm", "Test Case 1", "bug 7" }, { a.timeout, a.plan, a.case, a.known_issue[1].why })
    assert.same({ "testpmd" }, b.needs)
    assert.same({ 20, "other", "fast" }, { b.timeout, b.plan, b.tags[1] })
    assert.is_nil(b.known_issue)
  end)

  local refused = {
    { 'each = { { name = "a", needs = { "vmm" } } }', "row a: unknown need vmm %(did you mean vm" },
    { 'each = { { name = "a", known_issue = "bug" } }', "row a: known_issue is {" },
    { 'tags = { "two words" }', 'tag "two words": expected letters' },
    { 'tags = "smoke"', "option tags: expected an array of strings" },
    { 'eahc = { "a" }', "unknown option eahc %(did you mean each" },
    { 'each = { n = { 1 }, where = function(row) return row.m.n end }', "attempt to index field 'm'" },
    { 'each = { n = { 1 }, where = function() while true do end end }', "runs too long when it is loaded" },
  }
  for _, one in ipairs(refused) do
    it("refuses " .. one[1], function()
      local header, why = load(one[1])
      assert.is_nil(header)
      assert.matches(one[2], why)
    end)
  end

  it("has the case of a row, and names the rows where there is none", function()
    local file, source = "/nowhere/x.lua", { modules = {},
      text = 'return rig.case { name = "x", run = print, each = { "split", "packed" } }' }
    assert.equal("split", scenario.case(file, "split", source).row)
    local header, why = scenario.case(file, "splitt", source)
    assert.is_nil(header)
    assert.equal("/nowhere/x.lua has no row splitt (did you mean split?); its rows: split, packed", why)
    assert.matches("each of its rows is a case: split, packed", select(2, scenario.case(file, nil, source)), 1, true)
    source.text = 'return rig.case { name = "x", run = print }'
    assert.matches("has no rows", select(2, scenario.case(file, "split", source)))
    assert.same({ 1, 2 }, { scenario.case(file, nil, source):arguments(1, 2) })
  end)
end)
