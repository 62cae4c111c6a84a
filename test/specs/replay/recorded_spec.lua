-- recorded: real runs (test/specs/fixtures/run), replayed: what passed passes, and does not where the record says that
-- nothing was received. fixtures/take.sh records them anew.

local engine = require "engine"

local helper = require "specs.helper"
local moonrig = require "specs.moonrig"
local replay = require "replay.replay"

local rig = moonrig.new()
local FIXTURES = engine.home() .. "/test/specs/fixtures/run/"
local AS_IT_RAN = { recorded = true }

local function recorded(name)
  return assert(engine.json.decode(moonrig.read(FIXTURES .. name .. "/result.json")))
end

-- Replays a copy of a fixture whose recording change(text) has changed.
local function tampered(name, change)
  local folder = rig.work .. "/tampered"
  if not engine.fs.stat(folder) then assert(engine.fs.mkdir(folder)) end
  rig:write("tampered/recording.jsonl", change(moonrig.read(FIXTURES .. name .. "/recording.jsonl")))
  return replay.case(folder, AS_IT_RAN)
end

-- Changes the lines of a method whose text holds `words`.
local function in_lines(op, words, change)
  return function(text)
    local changed = 0
    text = text:gsub("[^\n]+", function(line)
      if not line:find(op, 1, true) or not line:find(words, 1, true) then return nil end
      changed = changed + 1
      return change(line)
    end)
    assert.is_true(changed > 0, "nothing to tamper with")
    return text
  end
end

describe("a recorded run", function()
  for _, name in ipairs { "smoke.loopback", "vdev_primary_secondary.symmetric" } do
    it("of " .. name .. " passes again, without a program", function()
      local was = recorded(name)
      assert.equal("PASS", was.status)
      local r = replay.case(FIXTURES .. name, AS_IT_RAN)
      assert.is_nil(r.departure)
      assert.is_nil(replay.difference(was, r.result))
      assert.equal(engine.json.encode(was.values), engine.json.encode(r.result.values))
      assert.is_true(#r.result.checks > 10)
    end)
  end

  it("knows when the guest's clock was 0, from what that said and when", function()
    local name = "vdev_primary_secondary.symmetric"
    local was = replay.case(FIXTURES .. name, AS_IT_RAN).result.clocks
    assert.same({ "serial", 1 }, { was[1].console, #was })
    assert.is_true(was[1].uncertainty > 0.005)
    local later = tampered(name, in_lines('"node.run"', "/proc/uptime", function(line)
      return (line:gsub('"out":"(%d+)', function(n) return ('"out":"%d'):format(n + 1000) end))
    end)).result.clocks
    assert.near(was[1].offset - 1000, later[1].offset, 1e-6)
    assert.equal(was[1].uncertainty, later[1].uncertainty)
  end)

  it("fails where symmetric_mp received nothing on a port", function()
    local r = tampered("vdev_primary_secondary.symmetric", in_lines('"console.since"', "Port 1: RX - ", function(line)
      return (line:gsub("Port 1: RX %- %d+", "Port 1: RX - 0"))
    end))
    assert.equal("FAIL", (r.result or {}).status, r.departure)
    assert.matches("^symmetric_mp%-[01] received on port 1: expected at least 1, got 0", r.result.reason)
  end)

  it("fails where testpmd reports no received packets", function()
    local r = tampered("smoke.loopback", in_lines('"console.command"', '"args":["stop"', function(line)
      return (line:gsub("RX%-packets: [1-9]%d*", "RX-packets: 0"))
    end))
    assert.equal("FAIL", (r.result or {}).status, r.departure)
    assert.matches("port statistics and telemetry equal the forwarded packets: .*expected 0", r.result.reason)
  end)

  it("fails where one packet is missing", function()
    local r = tampered("smoke.loopback", in_lines('"telemetry.ask"', '"ipackets"', function(line)
      return (line:gsub('"ipackets":([1-9]%d*)', function(n) return ('"ipackets":%d'):format(n - 1) end))
    end))
    assert.equal("FAIL", (r.result or {}).status, r.departure)
  end)

  it("is an error where a prompt did not come", function()
    local r = tampered("smoke.loopback", in_lines('"console.command"', '"args":["set fwd rxonly"', function(line)
      return line:match '^.*"args":%b[]' .. ',"got":[null,{"$error":{"code":"ETIMEDOUT","op":"command","what":"no prompt"}}]}'
    end))
    assert.equal("ERROR", (r.result or {}).status, r.departure)
    assert.matches("no prompt", r.result.reason)
  end)
end)

describe("a plan's scenario of which a line was changed", function()
  it("departs at that line", function()
    local line
    local r = tampered("smoke.loopback", function(recorded_text)
      -- the scenario as it ran is on the recording: here it is the edited one
      local first, rest = recorded_text:match "^([^\n]*)\n(.*)$"
      local header = engine.json.decode(first)
      local source = header.head[1].source
      line = select(2, source.text:match('^(.-)set_fwd "rxonly"'):gsub("\n", "")) + 1
      source.text = helper.swap(source.text, 'set_fwd "rxonly"', 'set_fwd "txonly"')
      return engine.json.encode(header) .. "\n" .. rest
    end)
    assert.equal(("scripts/smoke/loopback.lua:%d: it departs from the recording: virtio: command \"set fwd txonly\"; "):format(line)
      .. 'recorded: virtio: command "set fwd rxonly"', r.departure)
  end)
end)

lazy_teardown(function() rig:remove() end)
