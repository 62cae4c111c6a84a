-- follow: when a supervisor gives a worker up, to the second: the clock is the spec's.

local engine = require "engine"
local follow = require "run.follow"
local worker_phase = require "run.worker_phase"

local now, dir, cancels
local REPLACED = { now = function() return now end, is_cancelled = function() return cancels(now) end,
  clear_cancel = function() end, log = function() end }
local real = {}

-- A worker that is silent; it exits after the `last` of its signals. Second value: { { seconds, signal }, ... }.
local function silent(last)
  local signals = {}
  local console = { pid = engine.sys.pid, exit = function() return { signal = "SIGKILL" } end, await_exit = function() end }
  function console:signal(name) signals[#signals + 1] = { now, name } end
  function console:expect(_, options)
    if #signals > 0 and signals[#signals][2] == last then return nil, { code = "EPIPE" } end
    -- a supervisor looks at most so often before it has to give up
    assert(now < 1000, "it waits for ever")
    now = now + options.timeout
    return nil, { code = "ETIMEDOUT" }
  end
  return console, signals
end

-- Follows a worker from 0 on, whose case has `limit` seconds. Returns its signals, the reason, and whether it was cut.
local function followed(limit, last)
  local console, signals = silent(last or "USR1")
  local _, stuck, is_cut = follow.worker(console, dir, function() return { seconds = limit, words = "late" } end, print)
  return signals, stuck, is_cut
end

describe("a worker that does not return", function()
  before_each(function()
    now, dir, cancels = 0, engine.scratch(), function() return false end
    for name, fn in pairs(REPLACED) do real[name], engine[name] = engine[name], fn end
  end)

  after_each(function()
    for name, fn in pairs(real) do engine[name] = fn end
    engine.fs.rmtree(dir)
  end)

  it("is killed 5 s after its case's deadline", function()
    worker_phase.report(dir, "run", 3)
    local signals, stuck = followed(7)
    assert.same({ { 15, "USR1" } }, signals)
    assert.matches("^late, and stuck: 5 s later it had not returned to the engine", stuck)
  end)

  it("has 30 s until its case begins", function()
    local signals, stuck = followed(1)
    assert.same({ { 30, "USR1" } }, signals)
    assert.matches("^stuck before its run%(t%) began, for 30 s", stuck)
  end)

  it("is killed 5 s after a pause that is too long", function()
    worker_phase.report(dir, "pause", 2, 60)
    local signals, stuck = followed(1)
    assert.same({ { 67, "USR1" } }, signals)
    assert.matches("^stuck in a pause for 65 s", stuck)
  end)

  it("has 50 s for its teardown", function()
    worker_phase.report(dir, "teardown", 10)
    local signals, stuck = followed(1)
    assert.same({ { 60, "USR1" } }, signals)
    assert.matches("^stuck in its teardown for 50 s", stuck)
  end)

  it("is killed 5 s after Ctrl-C, or at its deadline where that is sooner", function()
    worker_phase.report(dir, "run", 0)
    local cut
    cancels = function(at)
      local is_first = not cut and at >= 0
      cut = true
      return is_first
    end
    local signals, stuck, is_cut = followed(100)
    assert.same({ { 0, "USR2" }, { 5, "USR1" } }, signals)
    assert.matches("^interrupted, and stuck: 5 s later", stuck)
    assert.is_true(is_cut)
  end)

  it("is left alone where its guard is stuck, too, 35 s later", function()
    worker_phase.report(dir, "run", 0)
    local signals, stuck = followed(1, "never")
    assert.same({ { 6, "USR1" }, { 41, "KILL" } }, signals)
    assert.matches("its guard was also stuck for 35 s", stuck)
  end)
end)
