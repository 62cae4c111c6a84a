--- before: the measurements against another moonrig, a build of an earlier commit: is this one slower?

local fail = require "base.fail"
local size = require "bench.size"

-- A run takes some 10 ms: one alone is mostly noise.
local RUNS, COMMANDS = size.of(20, 1), size.of(2000, 5)

local function nothing(b, exe)
  b.number = b.number + 1
  local out, sum = ("%s/before-%d"):format(b.scratch, b.number), 0
  for _ = 1, RUNS do sum = sum + b:seconds { exe, "run", "-q", b.lib .. "cases/nothing.lua", "-o", out } end
  return sum / RUNS
end

local function command(b, exe)
  local values = b:case("round_trip", { count = COMMANDS, line = "stop", pattern = "not started" }, {}, exe)
  return values and values.seconds or fail.raise("EPROTO", "bench", exe .. ": its run has no value")
end

local function measured(name, what, cost)
  return { name = name, what = what, unit = "s", is_about_before = true,
    ours = function(b) return cost(b, b.exe) end,
    against = { { name = "the moonrig before", at_most = 1, run = function(b) return cost(b, b.before) end } } }
end

return {
  measured("a run of nothing, now and before", ("`moonrig run` of a case that does nothing, one of %d"):format(RUNS),
    nothing),
  measured("a testpmd command, now and before", ("\"stop\" at testpmd's prompt, one of %d in a row"):format(COMMANDS),
    command),
}
