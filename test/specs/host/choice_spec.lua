-- choice: what a person can choose is in the schema of results.json, and in the document of what is under test.

local choice = require "host.choice"
local engine = require "engine"
local moonrig = require "specs.moonrig"
local rooms = require "base.rooms"

describe("each choice", function()
  local schema = engine.json.decode(moonrig.read(rooms.FOLDER .. "results/results.schema.json"))
  local document = moonrig.read(engine.home() .. "/docs/under_test.md")

  local cli = moonrig.read(engine.home() .. "/docs/cli.md")

  for _, row in ipairs(choice.LIST) do
    it("is described: " .. row.name, function()
      assert.is_table(schema.properties.under_test.properties[row.name])
      assert.is_truthy(document:find(("| `%s` |"):format(choice.option(row)), 1, true))
      assert.is_truthy(document:find("`$" .. choice.variable(row) .. "`", 1, true))
      assert.is_truthy(cli:find("`" .. choice.variable(row) .. "`", 1, true))
      assert.is_true(row.is_place or #row.words > 0)
    end)
  end

  it("is one property of results.json, and no more", function()
    local count = 0
    for _ in pairs(schema.properties.under_test.properties) do count = count + 1 end
    assert.equal(#choice.LIST, count)
  end)
end)
