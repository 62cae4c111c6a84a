-- hotplug_group: the pattern of a known issue is for one member, by all names that its console may have.

local hotplug_group = require "kit.hotplug_group"

describe("hotplug_group.lists_differ", function()
  local function matches(member, console)
    local reason = ("every process lists the same devices, the expected ones afterwards: the %s's list: other is there")
      :format(console)
    return reason:find(hotplug_group.lists_differ("afterwards", member)) ~= nil
  end

  it("matches the member in any cell", function()
    for _, console in ipairs { "primary", "primary-2", "primary@attach_net_null0", "primary@a.b+c-d-12" } do
      assert.is_true(matches("primary", console), console)
    end
    assert.is_true(matches("secondary2", "secondary2@cell"))
  end)

  it("matches no other member", function()
    for _, console in ipairs { "secondary2", "secondary2@cell", "primary", "primary@secondary" } do
      assert.is_false(matches("secondary", console), console)
    end
  end)
end)
