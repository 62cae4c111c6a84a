--- machine_notices: which notices about this machine were shown today. They are the same in each run: once a day is
--- enough.

local engine = require "engine"
local paths = require "base.paths"

local machine_notices = {}

local DAY = 24 * 3600

--- Is it a day or longer ago that this notice was shown, or was it never? Then it is now. The times are in the cache.
function machine_notices.is_new(text)
  local file, now, shown = paths.cache() .. "/notices.json", os.time(), {}
  for known, at in pairs(paths.read_table(file) or {}) do
    -- a clock that was set back must not hide a notice
    if type(at) == "number" and at <= now and now - at < DAY then shown[known] = at end
  end
  if shown[text] then return false end
  shown[text] = now
  -- without a cache it is shown each time
  pcall(function()
    paths.make(paths.cache())
    paths.write(file, engine.json.encode(shown))
  end)
  return true
end

return machine_notices
