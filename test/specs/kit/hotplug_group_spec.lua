-- hotplug_group: a member that ends is a failed check; the pattern of a known issue is for one member, by all names that its console may have.

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

-- A group of one primary. `watch`: what its check does.
local function group_of(watch)
  local exit
  local t = { holds = function(_, ok, detail, what)
    if not ok then error(("%s: %s"):format(what, detail), 0) end
  end }
  local process = { exit = function() return exit end, mark = function() return 0 end, name = function() return "primary" end,
    signal = function() end, wait = function() return {} end }
  local vm = { hotplug_mp = function() return process end }
  local group = hotplug_group.start(t, vm, { secondaries = 0, watch = function()
    return { follow = function() end, check_consistent = function() return watch(function(how) exit = how end) end }
  end })
  return group
end

describe("hotplug_group's check", function()
  it("says of a member that ends at it how it ended", function()
    local group = group_of(function(die)
      die { signal = "SIGSEGV" }
      error("no reply", 0)
    end)
    local ok, why = pcall(group.check_consistent, group, nil, "afterwards")
    assert.is_false(ok)
    assert.matches(hotplug_group.ends("primary", "SIGSEGV"), why)
    assert.matches(hotplug_group.ends("primary", "SIGSEGV"), "primary@attach_net_null0_f ended with SIGSEGV in strcpy (a.c:3)")
    assert.is_nil(why:match(hotplug_group.ends("secondary", "SIGSEGV")))
    assert.is_nil(("primary@attach_from_the_secondary_ ended with SIGSEGV"):match(hotplug_group.ends("secondary", "SIGSEGV")))
    assert.is_nil(("secondary2 ended with SIGSEGV"):match(hotplug_group.ends("secondary", "SIGSEGV")))
  end)

  it("raises what it raised where all still run", function()
    local group = group_of(function() error("no reply", 0) end)
    assert.same({ false, "no reply" }, { pcall(group.check_consistent, group, nil, "afterwards") })
    assert.equal("devices", group_of(function() return "devices" end):check_consistent(nil, "afterwards"))
  end)
end)
