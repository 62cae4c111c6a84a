--- matrix: the verdicts of several runs of the same cases, as a table: a line for each case, a column for each run.

local encoding = require "base.encoding"

local matrix = {}

-- What a run was of: "1  dpdk /home/me/dpdk/build (26.11.0-rc0), qemu 10.0.2: results/...".
local function legend(number, run)
  local words = {}
  for _, name in ipairs { "dpdk", "qemu" } do
    local place = (run.under_test or {})[name]
    local version = tostring(run[name] or "not used")
    words[#words + 1] = place and ("%s %s (%s)"):format(name, place, version) or ("%s %s"):format(name, version)
  end
  return encoding.harmless(("%d  %s: %s"):format(number, table.concat(words, ", "), run.folder))
end

local function name_of(case) return encoding.harmless(("%s/%s"):format(case.plan, case.name)) end

-- The names of all cases, in the order of the first run that has them, and each run's verdicts by name.
local function verdicts_of(runs)
  local names, seen, of_run = {}, {}, {}
  for i, run in ipairs(runs) do
    of_run[i] = {}
    for _, case in ipairs(run.cases) do
      local name = name_of(case)
      if not seen[name] then names[#names + 1] = name end
      seen[name], of_run[i][name] = true, case.status
    end
  end
  return names, of_run
end

--- Prints the table on a terminal (base/terminal.lua). A run has `cases`, `folder`, `under_test`, `dpdk` and `qemu`, as
--- in results.json.
function matrix.print(term, runs)
  local names, of_run = verdicts_of(runs)
  local width = 0
  for _, name in ipairs(names) do width = math.max(width, #name) end
  for i, run in ipairs(runs) do term:line(legend(i, run)) end
  local head = { (" "):rep(width) }
  for i = 1, #runs do head[#head + 1] = ("%-6d"):format(i) end
  term:line(table.concat(head, "  "))
  for _, name in ipairs(names) do
    local row = { name .. (" "):rep(width - #name) }
    for i = 1, #runs do
      local status = of_run[i][name]
      row[#row + 1] = status and term:verdict(status, 6) or ("%-6s"):format "-"
    end
    term:line(table.concat(row, "  "))
  end
end

return matrix
