--- list: `moonrig list`: the scenarios and their needs.

local scenario = require "case.scenario"
local selection = require "run.selection"

local BROKEN = 3

local function main(o)
  local status = 0
  for _, item in ipairs(selection.items(o, true)) do
    local header, why = scenario.load(item.file)
    local needs = header and #header.needs > 0 and "  [" .. table.concat(header.needs, " ") .. "]" or ""
    local title = header and header.name or "cannot be loaded: " .. why
    print(("%-44s %s%s"):format(item.plan .. "/" .. item.name, title, needs))
    if not header then status = BROKEN end
  end
  return status
end

return { order = 3, main = main, options = selection.add, words = "List scenarios." }
