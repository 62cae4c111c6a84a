--- worker_phase: what a worker and its supervisor share: the times of a worker's phases, the mark of its events, and
--- its phase, in a file of its case: the output of the case cannot change or delay it.

local engine = require "engine"
local paths = require "base.paths"

local worker_phase = {}

--- An event begins with this byte (RFC 7464's record separator). Other lines are the scenario's output.
worker_phase.EVENT_MARK = "\30"

--- Seconds to close everything softly at the end: testpmd's, the examples' and QEMU's quit, the SSH session. After that
--- the end is hard.
worker_phase.CLOSE_SECONDS = 30

local function file_in(dir) return dir .. "/.worker_phase" end

--- The worker reports "run" (the case's own time begins), "pause" (of at most `seconds`), then "teardown". `at`: when
--- the phase began, if it is not now. A full disk raises nothing: the teardown follows anyway.
function worker_phase.report(dir, name, at, seconds)
  local f = io.open(file_in(dir), "ab")
  if not f then return end
  local text = engine.json.encode { name = name, at = at or engine.now(), pid = engine.sys.pid(), seconds = seconds }
  -- a full disk can cut a line: the next one starts on a line of its own
  f:write("\n" .. text .. "\n")
  f:close()
end

--- The supervisor reads the last phase: { name, at, pid, seconds }; { name = "start" } before the first.
function worker_phase.read(dir)
  local last = { name = "start" }
  for line in (paths.read(file_in(dir)) or ""):gmatch "([^\n]+)\n" do
    local phase = engine.json.decode(line)
    if type(phase) == "table" and type(phase.at) == "number" then last = phase end
  end
  return last
end

function worker_phase.remove(dir) os.remove(file_in(dir)) end

return worker_phase
