--- annotations: what went wrong in a run, as GitHub's runner reads it off a job's output: workflow commands, which it
--- shows at the scenario's lines.

local engine = require "engine"
local encoding = require "base.encoding"
local random = require "base.random"
local verdicts = require "base.verdicts"

local annotations = {}

function annotations.options(run)
  run:option("--annotations", "What went wrong, at its end, for the pages of a forge: github.")
    :argname "<forge>":choices { "github" }
end

-- What would end a message, and what would end a property.
local DATA = { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A" }
local PROPERTY = { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A", [":"] = "%3A", [","] = "%2C" }

local function escaped(text, escapes)
  text = encoding.scrub(tostring(text)):gsub("[%z\1-\9\11\12\14-\31\127]", " ")
  return (text:gsub("[%%\r\n:,]", escapes))
end

-- The file and the line where it went wrong; the scenario's file, where no line is known.
local function place_of(case)
  local path, line = tostring(case.where):match "^(.*):(%d+)$"
  return path or case.file, line
end

-- A path as the checkout has it: the places of a run are told from the working folder, or from ours.
local function in_checkout(path)
  local whole = engine.fs.realpath(path) or engine.fs.realpath(engine.home() .. "/" .. path) or path
  local given = os.getenv "GITHUB_WORKSPACE"
  local root = engine.fs.realpath(given and given ~= "" and given or ".") or "/"
  if whole:sub(1, #root + 1) == root .. "/" then return whole:sub(#root + 2) end
  return whole
end

local function line_of(case, title, out)
  local level = verdicts.of(case.status).annotation
  if not level then return end
  local path, number = place_of(case)
  local properties = { "title=" .. escaped(("%s %s"):format(case.status, title), PROPERTY) }
  if path then table.insert(properties, 1, "file=" .. escaped(in_checkout(path), PROPERTY)) end
  if number then table.insert(properties, 2, "line=" .. number) end
  out[#out + 1] = ("::%s %s::%s"):format(level, table.concat(properties, ","),
    escaped(case.reason or "no reason was given", DATA))
end

--- A run's (lib/format/results.lua's), an array of lines: one a case that is no PASS, and one a cell; the case of a bad
--- cell has none of its own.
function annotations.lines(run)
  local out = {}
  for _, case in ipairs(run.cases or {}) do
    local title, before = ("%s/%s"):format(tostring(case.plan), tostring(case.name)), #out
    for _, cell in ipairs(case.cells or {}) do
      local row = { status = cell.status, reason = cell.reason, where = cell.where, file = case.file }
      line_of(row, title .. ": " .. tostring(cell.name), out)
    end
    if #out == before then line_of(case, title, out) end
  end
  return out
end

--- A screen (lib/report/screen.lua's) around another, with a run's annotations at its end. Until then the runner takes
--- no command from what is shown: a console may say anything.
function annotations.screen(write, _, screen)
  -- nothing that a program prints can guess it
  local word = random.hex()
  write("::stop-commands::" .. word .. "\n")
  local own = {}
  function own:leave()
    screen:leave()
    write("::" .. word .. "::\n")
  end
  function own:summary(run)
    screen:summary(run)
    write("::" .. word .. "::\n")
    for _, line in ipairs(annotations.lines(run)) do write(line .. "\n") end
  end
  return setmetatable(own, { __index = screen })
end

return annotations
