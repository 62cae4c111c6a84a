--- page: report.html as a format that a run writes.

local run_store = require "results.run_store"

-- A shorter run has no history in its report: opening the database takes a tenth of an empty run.
local LONG_SECONDS = 2

local format = { file = run_store.PAGE,
  -- the run goes on without it: `moonrig report` writes it again and reports the error
  is_optional = true }

-- Not loaded before the first worker has started.
local function page() return require "report.page" end

function format.prepare() page().prepare() end

--- The histories of the run's cases (case_history.of); nil for a short run.
function format.histories(run)
  if run.seconds <= LONG_SECONDS then return nil end
  return require("results.case_history").of(run, run.folder, true)
end

function format.write(run, folder)
  page().write(run, folder, format.histories(run))
end

return format
