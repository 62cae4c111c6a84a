-- eta: the expected seconds of a case, with and without history.db; a run that shows none does not ask for them.

local engine = require "engine"

local live = require "report.live"
local moonrig = require "specs.moonrig"
local eta = require "results.eta"

local rig = moonrig.new()
local base = rig.work .. "/results"
local n

-- A run's folder with one case of it.
local function leave(status, seconds, more)
  n = n + 1
  local id = ("20260101T000000Z-%d"):format(n)
  local case = { plan = "p", name = "c", status = status, seconds = seconds }
  for key, value in pairs(more or {}) do case[key] = value end
  assert(engine.fs.mkdir(("%s/%s"):format(base, id)))
  assert(engine.fs.mkdir(("%s/%s/p.c"):format(base, id)))
  rig:write(("results/%s/p.c/result.json"):format(id), engine.json.encode(case))
  rig:write(("results/%s/results.json"):format(id), engine.json.encode { id = id, seconds = 1, cases = { case } })
end

local function seconds() return eta.new(base).seconds { plan = "p", name = "c" } end

before_each(function()
  n = 0
  engine.fs.rmtree(base)
  assert(engine.fs.mkdir(base))
end)

describe("how long a case usually takes", function()
  teardown(function() rig:remove() end)

  it("is nothing where there was no run", function()
    assert.is_nil(seconds())
    leave("FAIL", 3)
    assert.is_nil(seconds())
    engine.fs.rmtree(base)
    assert.is_nil(seconds())
  end)

  it("comes from the history: of guests that booted as the last one did", function()
    for i = 1, 5 do leave("PASS", 10 + i, { boot = "snapshot" }) end
    for _ = 1, 5 do leave("PASS", 60, { boot = "cold" }) end
    leave("PASS", 13, { boot = "snapshot" })
    assert.equal(13, seconds())
    assert.truthy(engine.fs.stat(base .. "/history.db"))
    -- the history has removed runs, too
    for i = 1, n do engine.fs.rmtree(("%s/20260101T000000Z-%d"):format(base, i)) end
    assert.equal(13, seconds())
  end)

  it("is of the newest runs, without a history, too: run -10 of a second is after run -2", function()
    for i = 1, 12 do leave("PASS", i) end
    assert(engine.fs.mkdir(base .. "/history.db"))
    assert.equal(10, seconds())
  end)

  it("is guessed from a few, of a known issue, too", function()
    leave("XFAIL", 4)
    leave("ERROR", 100)
    assert.equal(4, seconds())
    leave("PASS", 6)
    assert.equal(5, seconds())
  end)

  it("comes from the last folders where the history cannot be read", function()
    rig:write("results/history.db", ("no database "):rep(100))
    leave("PASS", 7)
    assert.equal(7, seconds())
  end)

  it("is of the newest of many runs of one second, which text order does not give", function()
    rig:write("results/history.db", ("no database "):rep(100))
    for i = 1, 12 do leave("PASS", i) end
    -- of the last five, 8 to 12
    assert.equal(10, seconds())
  end)

  it("is asked for by a terminal, and on a pipe by a sign of life alone", function()
    for _, is_live in ipairs { true, false } do
      local asked = 0
      local term = { is_live = is_live, count = 0, line = function() end, block = function() end,
        clear = function() end, rows = function() return 10 end }
      local l = live.new { term = term, eta = { seconds = function() asked = asked + 1 end } }
      l:add({ plan = "p", name = "c" }, 1, 1)
      assert.equal(is_live and 1 or 0, asked)
      l:break_silence(0)
      assert.equal(is_live and 2 or 1, asked)
      l:stop()
    end
  end)
end)
