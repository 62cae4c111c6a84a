--- documents: the reference in docs/: its files, their titles, their text.

local engine = require "engine"
local paths = require "base.paths"

local documents = {}

-- In the order of README's table.
local ORDER = { "scenarios", "cli", "repl", "results", "bisect", "replay", "under_test", "image", "plans", "assurance",
  "performance", "architecture" }

--- The folder of the documents: docs/ of the checkout, or share/doc/moonrig beside an installed share/moonrig.
function documents.folder()
  local home = engine.home()
  if engine.fs.stat(home .. "/docs") then return home .. "/docs" end
  return (home:gsub("/moonrig$", "/doc/moonrig"))
end

--- The file of a document ("scenarios" or "scenarios.md"); nil where there is none of that name.
function documents.file(name)
  name = name:gsub("%.md$", "")
  local file = ("%s/%s.md"):format(documents.folder(), name)
  return name:find "^[%w_/]+$" and engine.fs.stat(file) and file or nil
end

--- A document's text; nil where there is none of that name.
function documents.text(name)
  local file = documents.file(name)
  return file and paths.read(file)
end

--- All documents: an array of { name, title, file }.
function documents.list()
  local out = {}
  for _, name in ipairs(ORDER) do
    local text = documents.text(name)
    if text then out[#out + 1] = { name = name, title = text:match "^# ([^\n]*)", file = documents.file(name) } end
  end
  return out
end

return documents
