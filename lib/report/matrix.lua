--- matrix: the verdicts of several runs of the same cases as a table on a terminal: a line for each case, a column for
--- each run.

local case_table = require "results.case_table"
local encoding = require "base.encoding"
local run_facts = require "results.run_facts"
local verdicts = require "base.verdicts"

local matrix = {}

local harmless = encoding.harmless

-- "1  dpdk /home/me/dpdk/build (26.11.0-rc0), qemu 10.0.2: results/...".
local function print_heads(term, runs, always, place_of)
  for i, facts in ipairs(run_facts.of(runs, always)) do
    local place = runs[i].is_missing and "no results" or place_of(runs[i])
    local words = #facts > 0 and run_facts.words(facts) .. ": " or ""
    term:line(harmless(("%d  %s%s"):format(i, words, place)))
  end
end

local function width_of(rows)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #harmless(row.name)) end
  return width
end

local function print_row(term, row, count, width)
  local name = harmless(row.name)
  local words = { name .. (" "):rep(width - #name) }
  for i = 1, count do
    local cell = row.cells[i]
    words[#words + 1] = cell and term:verdict(cell.status, 6) or ("%-6s"):format "-"
  end
  term:line(table.concat(words, "  "))
end

-- Why a bad one is bad, where others are not.
local function print_reasons(term, row, count)
  for i = 1, count do
    local cell = row.differs and row.cells[i]
    local line = cell and verdicts.of(cell.status).is_bad and tostring(cell.reason or ""):match "[^\n]+"
    if line then term:line(("      %d: %s"):format(i, harmless(line))) end
  end
end

local function print_rows(term, rows, count, has_reasons)
  local width = width_of(rows)
  local head = { (" "):rep(width) }
  for i = 1, count do head[#head + 1] = ("%-6d"):format(i) end
  term:line(table.concat(head, "  "))
  for _, row in ipairs(rows) do
    print_row(term, row, count, width)
    if has_reasons then print_reasons(term, row, count) end
  end
end

--- Prints the runs of a product (results/product.lua).
function matrix.print(term, runs)
  print_heads(term, runs, run_facts.ALWAYS, function(run) return run.folder end)
  print_rows(term, case_table.rows(runs), #runs)
end

--- Prints any runs: what differs between them and the facts of `always` (run_facts.of), and the cases with different
--- verdicts first, with their reasons.
function matrix.compare(term, runs, always)
  print_heads(term, runs, always, function(run) return tostring(run.id) end)
  print_rows(term, case_table.different_first(case_table.rows(runs)), #runs, true)
end

return matrix
