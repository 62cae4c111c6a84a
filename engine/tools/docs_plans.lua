--- docs_plans: the coverage in docs/plans.md, from the headers in scripts/.

local coverage = require "run.coverage"
local discover = require "run.discover"
local engine = require "engine"
local paths = require "base.paths"

local docs_plans = {}

local BEGIN, END = "<!-- made by `make docs` from the headers in scripts/ -->\n", "<!-- end -->\n"

docs_plans.FILE = engine.home() .. "/docs/plans.md"

--- The document's text with the present coverage; nil if it has no marks.
function docs_plans.with(text)
  local first, last = text:find(BEGIN, 1, true), select(2, text:find(END, 1, true))
  if not first or not last then return nil end
  local items = assert(discover.scenarios { engine.home() .. "/scripts/" })
  local block = BEGIN .. "\n" .. table.concat(coverage.lines(items), "\n") .. "\n\n" .. END
  return text:sub(1, first - 1) .. block .. text:sub(last + 1)
end

--- Writes docs/plans.md.
function docs_plans.main()
  local text = docs_plans.with(assert(paths.read(docs_plans.FILE)))
  if not text then error(("%s has no marks: expected %s...%s"):format(docs_plans.FILE, BEGIN, END), 0) end
  paths.write(docs_plans.FILE, text)
  return 0
end

return docs_plans
