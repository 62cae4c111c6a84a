-- machine_notices: what is the same in each run on a machine is shown once a day, and stays in the results.

local engine = require "engine"

local moonrig = require "specs.moonrig"

describe("a notice about the machine", function()
  local rig, cache, file, out

  before_each(function()
    rig = moonrig.new()
    cache, out = rig.work .. "/cache", rig.work .. "/out"
    file = rig:write("x.lua", moonrig.case [[
      t.ctx:notice("few cpus here", true)
      t:note "of this case"
      t:equal(1, 1, "one")]])
  end)
  after_each(function() rig:remove() end)

  -- What a run prints, and whether it has the notice.
  local function run(...)
    local code, said = rig:call({ "run", file, "-o", out, ... }, { "MOONRIG_CACHE=" .. cache })
    assert.equal(0, code, said)
    assert.same({ "few cpus here", "of this case" }, moonrig.results(out).cases[1].notices)
    return said:find("note: few cpus here", 1, true) ~= nil, said
  end

  it("is shown in the first run of a day, and with -v in each", function()
    assert.is_true((run()))
    local is_shown, said = run()
    assert.is_false(is_shown)
    assert.matches("note: of this case", said)
    assert.is_true((run "-v"))
    assert.is_false((run()))
  end)

  it("is shown again after a day, and where it says something else", function()
    assert.is_true((run()))
    local now = os.time()
    for age, is_shown in pairs { [23 * 3600] = false, [25 * 3600] = true, [-3600] = true } do
      rig:write("cache/notices.json", engine.json.encode { ["few cpus here"] = now - age, ["another"] = now })
      assert.equal(is_shown, (run()), age)
    end
    rig:write("cache/notices.json", engine.json.encode { ["fewer cpus here"] = now })
    assert.is_true((run()))
  end)

  it("is shown each time where nothing can be remembered", function()
    assert(engine.fs.mkdir(cache))
    assert(engine.fs.mkdir(cache .. "/notices.json"))
    assert.is_true((run()))
    assert.is_true((run()))
    engine.fs.rmtree(cache .. "/notices.json")
    rig:write("cache/notices.json", "nonsense")
    assert.is_true((run()))
  end)

  it("is printed once where several cases have it", function()
    assert(engine.fs.mkdir(rig.work .. "/plan"))
    for _, name in ipairs { "a", "b", "c" } do rig:write("plan/" .. name .. ".lua", moonrig.read(file)) end
    file = rig.work .. "/plan"
    local _, said = run "-v"
    assert.equal(1, select(2, said:gsub("note: few cpus here", "")))
  end)
end)
