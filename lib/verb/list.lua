--- list: `moonrig list`: the cases, their claims, needs and tags; or what they cover of test plans.

local coverage = require "run.coverage"
local fail = require "base.fail"
local scenario = require "case.scenario"
local selection = require "run.selection"

local BROKEN = 3

local function line_of(item, header, why)
  local words = { ("%-44s"):format(item.plan .. "/" .. item.name) }
  words[#words + 1] = header and header.name or "cannot be loaded: " .. why
  if header and #header.needs > 0 then words[#words + 1] = (" [%s]"):format(table.concat(header.needs, " ")) end
  for i, tag in ipairs(header and header.tags or {}) do words[#words + 1] = (i == 1 and " #" or "#") .. tag end
  return table.concat(words, " ")
end

local function list_plans(items)
  local lines = coverage.lines(items)
  if #lines == 0 then
    fail.raise("NOTHING", "list", ("none of %d cases has a plan or a case in its header"):format(#items))
  end
  for _, line in ipairs(lines) do print(line) end
  return 0
end

local function options(command)
  selection.add(command)
  command:flag("--plans", "Print which test plans and test cases they cover, as Markdown tables."):target "plans"
end

local function main(o)
  local status, items = 0, selection.items(o, true)
  if o.plans then return list_plans(items) end
  for _, item in ipairs(items) do
    local header, why = scenario.case(item.file, item.row)
    print(line_of(item, header, why))
    if not header then status = BROKEN end
  end
  return status
end

return { order = 3, main = main, options = options, words = "List the cases, or what they cover of test plans." }
