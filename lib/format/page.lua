--- page: report.html of a run that has just ended.

local page = require "report.page"

-- Of shorter runs the report has no trends: opening the history would be a tenth of a run of nothing.
local LONG_SECONDS = 2

local format = { file = page.NAME, prepare = page.prepare,
  -- `moonrig report` makes it again, and reports what is wrong
  is_optional = true }

--- The trends of such a run (case_history.of), for its report; nil of a short one.
function format.trends(run)
  if run.seconds <= LONG_SECONDS then return nil end
  return require("results.case_history").of(run, run.folder, true)
end

function format.write(run, folder)
  page.write(run, folder, format.trends(run))
end

return format
