--- jobs: the measurements of many cases: side by side against one by one.

local engine = require "engine"
local paths = require "base.paths"
local size = require "bench.size"

local WAITING = [[
-- waits, as a test does for most of its time.
return rig.case {
  name = "case %d waits", cpus = 0.1, memory = 64,
  run = function(t)
    t:equal(t:here():run({ "sleep", "0.5" }).code, 0, "it waited")
  end,
}
]]

local CASES, GUESTS = size.of(16, 2), size.of(4, 1)

local function folder(b, name, count, form)
  local path = b.scratch .. "/" .. name
  if engine.fs.stat(path) then return path end
  paths.make(path)
  for i = 1, count do paths.write(("%s/case_%d.lua"):format(path, i), (form:gsub("%%d", tostring(i)))) end
  return path
end

-- The seconds of a run of `what` with -j `jobs`.
local function seconds(b, what, jobs, round)
  local out = ("%s/jobs-%s-%s-%d"):format(b.scratch, what:match "[^/]+$", jobs, round)
  return b:seconds { b.exe, "run", "-q", "-j", tostring(jobs), what, "-o", out }
end

local function measurement(name, what, rounds, at, jobs)
  local against = {}
  for i, n in ipairs(jobs) do
    against[i] = { name = n == 1 and "one by one" or ("-j %s"):format(n), run = function(b, round)
      return seconds(b, at(b), n, round)
    end }
  end
  return { name = name, what = what, unit = "s", rounds = rounds, against = against,
    ours = function(b, round) return seconds(b, at(b), "auto", round) end }
end

-- An emulated guest keeps a processor busy: more guests than processors are not faster.
local GUEST = [[
return rig.case {
  name = "guest %d", needs = { "vm" }, timeout = 240,
  run = function(t)
    local vm = t:vm { cpus = 1, memory = 512, hugepages = 16 }
    t:equal(vm:run({ "sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; hostname" }).out, "guest\n",
      "the guest worked")
    vm:quit()
  end,
}
]]

return {
  measurement(("%d cases that wait, -j auto"):format(CASES), "cases that wait half a second", nil,
    function(b) return folder(b, "waiting", CASES, WAITING) end, { 1, 4 }),
  measurement(("%d cases with a guest, -j auto"):format(GUESTS), "restore a guest, let it work, quit it", 2,
    function(b)
      local path = b.scratch .. "/guests"
      if not engine.fs.stat(path) then
        folder(b, "guests", GUESTS, GUEST)
        -- the snapshot is made before the measurement
        seconds(b, path .. "/case_1.lua", 1, 0)
      end
      return path
    end, { 1, 4 }),
}
