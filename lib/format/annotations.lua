--- annotations: the failures of a run as GitHub's workflow commands; GitHub shows them at the scenario's lines.

local engine = require "engine"
local encoding = require "base.encoding"
local random = require "base.random"
local run_facts = require "results.run_facts"
local verdicts = require "base.verdicts"

local annotations = {}

function annotations.options(run)
  run:option("--annotations", "Print the failures at the end, as annotations for a forge: github.")
    :argname "<forge>":choices { "github" }
end

-- Characters that end a message, and those that end a property.
local MESSAGE, PROPERTY = "[%%\r\n]", "[%%\r\n:,]"

local function escaped(text, special)
  text = encoding.scrub(tostring(text)):gsub("[%z\1-\9\11\12\14-\31\127]", " ")
  return (text:gsub(special, function(c) return ("%%%02X"):format(c:byte()) end))
end

-- The file and the line of the failure; without a known line, the scenario's file.
local function place_of(case)
  local path, line = tostring(case.where):match "^(.*):(%d+)$"
  return path or case.file, line
end

-- A path within the checkout. Places in a run are relative to the working folder or to moonrig's.
local function in_checkout(path)
  local whole = engine.fs.realpath(path) or engine.fs.realpath(engine.home() .. "/" .. path) or path
  local given = os.getenv "GITHUB_WORKSPACE"
  local root = engine.fs.realpath(given and given ~= "" and given or ".") or "/"
  if whole:sub(1, #root + 1) == root .. "/" then return whole:sub(#root + 2) end
  return whole
end

local function add_line(case, title, out)
  local level = verdicts.of(case.status).annotation
  if not level then return end
  local path, number = place_of(case)
  local properties = { "title=" .. escaped(("%s %s"):format(case.status, title), PROPERTY) }
  if path then table.insert(properties, 1, "file=" .. escaped(in_checkout(path), PROPERTY)) end
  if number then table.insert(properties, 2, "line=" .. number) end
  out[#out + 1] = ("::%s %s::%s"):format(level, table.concat(properties, ","),
    escaped(case.reason or "no reason was given", MESSAGE))
end

-- Of a run that is one of several, or mixes two DPDKs: " with dpdk debian:trixie".
local function with_words(run)
  if not run.combination and not run.guest_dpdk_build then return "" end
  return " with " .. run_facts.words(run_facts.of({ run }, run_facts.ALWAYS)[1], run.id)
end

--- The lines of a run (lib/format/results.lua's): one for each bad cell, and one for each bad case without bad cells.
function annotations.lines(run)
  local out, with = {}, with_words(run)
  for _, case in ipairs(run.cases or {}) do
    local title, before = ("%s/%s%s"):format(tostring(case.plan), tostring(case.name), with), #out
    for _, cell in ipairs(case.cells or {}) do
      local row = { status = cell.status, reason = cell.reason, where = cell.where, file = case.file }
      add_line(row, title .. ": " .. tostring(cell.name), out)
    end
    if #out == before then add_line(case, title, out) end
  end
  return out
end

--- A screen (lib/report/screen.lua's) around another; it prints the annotations at the end. Until then GitHub must not
--- take console output for commands.
function annotations.screen(write, _, screen)
  -- random, so that no program can print it
  local token = random.hex()
  write("::stop-commands::" .. token .. "\n")
  local own = {}
  function own:leave()
    screen:leave()
    write("::" .. token .. "::\n")
  end
  function own:summary(run)
    screen:summary(run)
    write("::" .. token .. "::\n")
    for _, line in ipairs(annotations.lines(run)) do write(line .. "\n") end
  end
  return setmetatable(own, { __index = screen })
end

return annotations
