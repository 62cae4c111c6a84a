--- scenario: a scenario's file, loaded: its header, checked.

local engine = require "engine"
local environment = require "case.environment"
local fail = require "base.fail"
local kind = require "base.kind"
local needs = require "case.needs"
local options = require "base.options"
local suggest = require "base.suggest"
local verdict = require "case.verdict"
local where = require "base.where"

local scenario = {}

local HEADER = { name = { "text", needed = true }, run = { "function", needed = true }, setup = { "function" },
  plan = { "text" }, needs = { "words", {} }, timeout = { "span", 300 }, known_issue = { "table|string" },
  cpus = { "share" }, memory = { "count" } }

local Header = {}

local function new_rig()
  local rig = {}
  function rig.case(given, more)
    if given == rig and more ~= nil then fail.misuse "rig.case: call it with a dot, not a colon: rig.case{...}" end
    local header = options.take("rig.case", given, HEADER)
    for _, need in ipairs(header.needs) do
      if not needs.is_known(need) then
        fail.misuse("rig.case: unknown need %s%s; there are: %s", need, suggest.hint(need, needs.NAMES),
          table.concat(needs.NAMES, ", "))
      end
    end
    header.known_issue = verdict.issue("rig.case", header.known_issue)
    return setmetatable(header, Header)
  end
  return setmetatable(rig, { __index = function(_, key)
    fail.misuse("rig has no %s: it has case, as in `return rig.case { name = ..., run = function(t) ... end }`",
      tostring(key))
  end })
end

-- A header is a table and a few functions: it needs far fewer instructions.
local LOAD_STEPS = 1e6

-- Calls a file's chunk; too many instructions are an error. `on_line` (optional) is a hook.
local function call_bounded(chunk, on_line)
  debug.sethook(function(event, line)
    if event ~= "count" then return on_line(line) end
    fail.misuse "the file runs too long when it is loaded: its work belongs into run(t)"
  end, on_line and "l" or "", LOAD_STEPS)
  local ok, header = pcall(chunk)
  debug.sethook()
  return ok, header
end

-- A file's error with its line in front. The tail call `return rig.case{...}` leaves no line on the stack: the chunk is
-- called again, with a hook that sees its last line.
local function placed(why, chunk, file)
  local text = tostring(why)
  if fail.place(why) or where.is_placed(why) then return where.short(text, engine.home()) end
  local last = 0
  call_bounded(chunk, function(line)
    if debug.getinfo(2, "S").source == "@" .. file then last = line end
  end)
  return ("%s:%d: %s"):format(where.short(file, engine.home()), last, text)
end

-- A file's chunk; `text` (optional): its contents. Skips a "#!" line, as loadfile does.
local function compile(file, text)
  if not text then return loadfile(file) end
  return loadstring((text:gsub("^#[^\n]*", "")), "@" .. file)
end

--- Loads a scenario file; `source` (optional): its text and its modules' (own_modules.source). Returns its header {
--- name, run, needs, timeout, ... }; nil and a message.
function scenario.load(file, source)
  local chunk, why = compile(file, source and source.text)
  if not chunk then return nil, where.short(why:gsub("^%[string \"(.-)\"%]", "%1"), engine.home()) end
  setfenv(chunk, environment.new(file, new_rig(), source and source.modules))
  local ok, header = call_bounded(chunk)
  if not ok then return nil, placed(header, chunk, file) end
  if getmetatable(header) ~= Header then
    return nil, ("%s: a scenario ends with `return rig.case { name = ..., run = function(t) ... end }`, got %s"):format(
      where.short(file, engine.home()), kind.given(header))
  end
  return header
end

return scenario
