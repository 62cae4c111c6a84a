local lcores = require "dpdk.lcores"
local refuses = require("specs.helper").refuses

describe("lcores.parse", function()
  it("reads what the EAL's -l takes, and numbers", function()
    assert.same({ 1, 2, 3, 4, 5, 6 }, lcores.parse "1-6")
    assert.same({ 0, 2, 4, 5 }, lcores.parse "4-5, 0,2")
    assert.same({ 1, 3 }, lcores.parse { 3, 1 })
    assert.same({ 7 }, lcores.parse(7))
  end)

  for spec, words in pairs { [""] = "neither", ["1,"] = "neither", ["1-"] = "neither",
    ["-1"] = "neither", ["a"] = "neither", ["6-1"] = "backwards", ["1,1"] = "twice",
    ["1-3,2"] = "twice", ["128"] = "0 to 127", ["0-99999999999"] = "no lcore", ["1;rm"] = "neither",
    ["(1-3"] = "no closing", ["1-3)"] = "neither", ["(1,2)3"] = "neither", ["((1))"] = "neither", ["()"] = "neither",
    ["1@"] = "neither a cpu", ["1@x"] = "neither a cpu", ["1@0@0"] = "neither a cpu", ["@0"] = "neither an lcore",
    ["1@(0"] = "no closing", ["1@0,1@1"] = "twice", ["128@0"] = "0 to 127", ["1@0,"] = "neither",
    ["1@3-2"] = "backwards", ["1@(0,0)"] = "cpu 0 is given twice", ["1@1024"] = "cpu 1024: the EAL takes cpus 0 to 1023" } do
    it("refuses " .. spec, function() refuses(words, lcores.parse(spec)) end)
  end

  it("reads a map", function()
    assert.same({ 1, 2 }, lcores.parse "1@0,2@0")
    assert.same({ 1, 2, 3 }, lcores.parse "(1-3)@0")
    assert.same({ 0, 6, 7, 8 }, lcores.parse "(0,6),7-8")
    assert.same({ 1, 2, 3, 4, 5 }, lcores.parse "1,2@(5-7),(3-5)@(0,2)")
  end)

  it("refuses other things", function()
    refuses("no lcore", lcores.parse {})
    refuses("no lcore", lcores.parse { 1.5 })
    refuses("no lcore", lcores.parse { -1 })
    refuses("no lcore", lcores.parse { "1" })
    refuses("not a nil", lcores.parse(nil))
    refuses("not a boolean", lcores.parse(true))
  end)
end)

describe("lcores.fit", function()
  it("leaves alone what fits", function()
    assert.same({ "-l", "1-6" }, { lcores.fit("1-6", 8) })
    assert.same({ "-l", "1-6" }, { lcores.fit("1-6", 7) })
    assert.same({ "-l", "1-3,5" }, { lcores.fit({ 5, 1, 2, 3 }, 8) })
  end)

  it("maps the plan's lcores onto two cpus, the main lcore's cpu least loaded", function()
    local option, value, notice = lcores.fit("1-6", 2)
    assert.equal("--lcores", option)
    assert.equal("1@0,2@1,3@0,4@1,5@0,6@1", value)
    assert.equal("lcores 1-6 requested, but this machine has 2 cpus: --lcores " .. value, notice)
  end)

  it("uses only the cpus there are", function()
    local _, value = lcores.fit("1-2", { 4, 6 })
    assert.equal("1@4,2@6", value)
    assert.equal("-l", (lcores.fit("4,6", { 4, 6 })))
    local _, one, notice = lcores.fit("0-1", 1)
    assert.equal("0@0,1@0", one)
    assert.is_truthy(notice:find("has 1 cpu:", 1, true))
    assert.equal("--lcores", (lcores.fit("1-6", 6)))
    -- more cpus than DPDK has lcores
    assert.equal("1@190,2@191", select(2, lcores.fit("1-2", { 190, 191 })))
  end)

  -- lib/eal/common/eal_common_options.c, eal_parse_lcores
  for map, value in pairs {
    ["1@0,2@0"] = "1@0,2@0", ["(1-3)@0"] = "(1-3)@0", ["1-3@0"] = "(1-3)@0", ["1@(0-1)"] = "1@(0-1)",
    ["1@0-1"] = "1@(0-1)", ["(0,2-4)@(1,3)"] = "(0,2-4)@(1,3)", ["(0,3)"] = "(0,3)@(0,3)", ["(2)"] = "2@2",
    ["1@3,2-3"] = "1@3,2@2,3@3", [" 5@1 , 6@( 2 , 3 ) "] = "5@1,6@(2-3)", ["127@0"] = "127@0" } do
    it("takes the map " .. map, function()
      assert.same({ "--lcores", value }, { lcores.fit(map, 4) })
    end)
  end

  -- on cpus 0 and 1: cpus that are missing are these in turn
  for map, value in pairs { ["1@4,2@5,3@6"] = "1@0,2@1,3@0", ["1@0,2@1,3@2"] = "1@0,2@1,3@0", ["(1-3)@7"] = "(1-3)@0",
    ["(0-3)"] = "(0-3)@(0-1)", ["1@(4-9)"] = "1@(0-1)", ["1@0,2-4"] = "1@0,2@0,3@1,4@0" } do
    it("fits the map " .. map, function()
      local option, got, notice = lcores.fit(map, 2)
      assert.same({ "--lcores", value }, { option, got })
      assert.equal(("lcores %s requested, but this machine has 2 cpus: --lcores %s"):format(map, value), notice)
    end)
  end

  it("refuses", function()
    refuses("neither", lcores.fit("x", 2))
    refuses("this machine reports no cpus", lcores.fit("1", 0))
    refuses("this machine reports no cpus", lcores.fit("1", {}))
  end)
end)
