-- deadline: when a case is out of time, to the second: the clock is the spec's.

local deadline = require "run.deadline"
local engine = require "engine"
local teardown = require "run.teardown"

local now, dir
local real_now, real_poll = engine.now, engine.poll_once

-- A task that never ends; second value: the seconds of each wait for it.
local function endless()
  local waits = {}
  return { join = function(_, seconds)
    assert(#waits < 10, "it waits for ever")
    waits[#waits + 1] = seconds
    now = now + seconds
    return nil, { code = "ETIMEDOUT" }
  end }, waits
end

local function joined(limit)
  local task, waits = endless()
  local outcome, err = limit:join(task)
  assert.is_nil(outcome)
  assert.equal("ETIMEDOUT", err.code)
  return waits
end

describe("a case's deadline", function()
  before_each(function()
    now, dir = 100, engine.scratch()
    engine.now = function() return now end
    engine.poll_once = function(at) return now >= at and "late" or nil end
  end)

  after_each(function()
    engine.now, engine.poll_once = real_now, real_poll
    engine.fs.rmtree(dir)
  end)

  it("is its own, or the rest of the run's", function()
    local function of(spec) return deadline.of({ timeout = 20 }, spec, 100) end
    assert.same({ seconds = 20, words = "not done within its 20 s" }, of {})
    assert.same({ seconds = 7, words = "not done within its 7 s" }, of { timeout = 7 })
    assert.same({ seconds = 20, words = "not done within its 20 s" }, of { deadline = 120, run_seconds = 90 })
    assert.same({ seconds = 19, words = "the run's deadline of 90 s came" }, of { deadline = 119, run_seconds = 90 })
    assert.same({ seconds = 0, words = "the run's deadline of 90 s came" }, of { deadline = 50, run_seconds = 90 })
  end)

  it("ends the wait for it", function()
    local limit = deadline.start({ timeout = 20 }, { dir = dir })
    now = 105
    assert.same({ 15 }, joined(limit))
    assert.equal(120, now)
    assert.equal("not done within its 20 s", limit.words)
  end)

  it("moves with a pause, and anew with each run of the steps", function()
    local limit, server = deadline.start({ timeout = 20 }, { dir = dir }), { ctx = {} }
    limit:follow(server)
    now = 105
    server.stopped(60)
    assert.equal(math.huge, limit.at)
    now = 150
    server.went_on(45)
    assert.same({ 165, 45, 45 }, { limit.at, limit.paused, server.ctx.paused })
    server.renewed()
    assert.same({ 20 }, joined(limit))
    assert.equal(170, now)
  end)

  it("is the run's, also in a pause", function()
    local limit, server = deadline.start({ timeout = 20 }, { dir = dir, deadline = 130, run_seconds = 30 }),
      { ctx = {} }
    limit:follow(server)
    now = 105
    server.stopped(60)
    assert.same({ 130, "the run's deadline of 30 s came" }, { limit.at, limit.words })
    now = 128
    server.went_on(23)
    assert.same({ 2 }, joined(limit))
    assert.equal(130, now)
  end)
end)

describe("a teardown", function()
  -- The seconds that it has to close all.
  local function seconds_of(outcome)
    local real, seconds = engine.close_all, nil
    engine.close_all = function(n) seconds = n return true end
    finally(function() engine.close_all = real end)
    local ctx = { programs = {}, detached = {}, machines = {}, samplers = {}, phase = function() end, clean = function() end }
    teardown.run(ctx, "/no/such/folder", outcome)
    return seconds
  end

  it("has 30 s to close all, and 3 after Ctrl-C: the guard kills after 4", function()
    assert.equal(30, seconds_of { status = "PASS" })
    assert.equal(3, seconds_of { status = "ERROR", reason = "interrupted", is_cut = true })
  end)
end)
