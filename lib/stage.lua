--- stage: how far a worker has come, told in a file: what its case prints cannot forge, delay or drown it.

local engine = require "engine"
local paths = require "paths"

local stage = {}

local function file_in(dir)
  return dir .. "/.stage"
end

--- The worker's side: "run" (the case's own time begins), "pause" (for so many seconds), then "teardown". `at`: when it
--- began, if it is not now. Does not raise: on a full disk there is still a teardown to do.
function stage.tell(dir, name, at, seconds)
  pcall(paths.write, file_in(dir),
    engine.json.encode { name = name, at = at or engine.now(), pid = engine.sys.pid(), seconds = seconds })
end

--- The supervisor's side: { name, at, pid }; { name = "start" } before anything was told.
function stage.read(dir)
  local told = engine.json.decode(paths.read(file_in(dir)) or "")
  if type(told) == "table" and type(told.at) == "number" then return told end
  return { name = "start" }
end

--- Nobody asks any more.
function stage.forget(dir)
  os.remove(file_in(dir))
end

return stage
