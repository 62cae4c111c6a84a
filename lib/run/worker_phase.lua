--- worker_phase: how far a worker has come, told in a file: what its case prints cannot forge, delay or drown it.

local engine = require "engine"
local paths = require "base.paths"

local worker_phase = {}

local function file_in(dir)
  return dir .. "/.stage"
end

--- The worker's side: "run" (the case's own time begins), "pause" (for so many seconds), then "teardown". `at`: when it
--- began, if it is not now. A line each, and no file made anew for it. Does not raise: on a full disk there is still a
--- teardown to do.
function worker_phase.tell(dir, name, at, seconds)
  local f = io.open(file_in(dir), "ab")
  if not f then return end
  local text = engine.json.encode { name = name, at = at or engine.now(), pid = engine.sys.pid(), seconds = seconds }
  -- what could be told in part only, on a full disk, is a line of its own
  f:write("\n" .. text .. "\n")
  f:close()
end

--- The supervisor's side: { name, at, pid }, what was told last; { name = "start" } before anything was told.
function worker_phase.read(dir)
  local last = { name = "start" }
  for line in (paths.read(file_in(dir)) or ""):gmatch "([^\n]+)\n" do
    local told = engine.json.decode(line)
    if type(told) == "table" and type(told.at) == "number" then last = told end
  end
  return last
end

--- Nobody asks any more.
function worker_phase.forget(dir)
  os.remove(file_in(dir))
end

return worker_phase
