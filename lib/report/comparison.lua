--- comparison: the differences of two runs (lib/results/compare.lua) on a terminal.

local comparison = {}

--- Prints the result of compare.of.
function comparison.show(found, term)
  for _, line in ipairs(found.versions) do term:line(line) end
  for _, one in ipairs(found.cases) do
    term:line(("%s %s%s"):format(term:verdict(one.after or "gone", 5), one.name, one.before and "" or "  is new"))
    for _, line in ipairs(one.lines) do term:line("      " .. line) end
  end
  if #found.versions + #found.cases == 0 then term:line "nothing changed" end
end

return comparison
