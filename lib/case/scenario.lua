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
  plan = { "text" }, case = { "text" }, tags = { "words", {} }, needs = { "words", {} }, timeout = { "span", 300 },
  known_issue = { "table|string" }, each = { "table" }, cpus = { "share" }, memory = { "count" } }

local Header = {}
Header.__index = Header

--- The arguments of run and setup behind `t`: the row, if there is one, and these.
function Header:arguments(...)
  if self.row == nil then return ... end
  return self.row, ...
end

-- Checks a header, or a row's (`caller` names it).
local function check(caller, header)
  for _, need in ipairs(header.needs or {}) do
    if not needs.is_known(need) then
      fail.misuse("%s: unknown need %s%s; there are: %s", caller, need, suggest.hint(need, needs.NAMES),
        table.concat(needs.NAMES, ", "))
    end
  end
  for _, tag in ipairs(header.tags or {}) do
    if not tag:find "^[%w_][%w_.+-]*$" then
      fail.misuse("%s: tag %q: expected letters, digits and _ . + -, as in tags = { \"smoke\" }", caller, tag)
    end
  end
  return verdict.issues(caller, header.known_issue)
end

local function joined(some, more)
  local out, has = {}, {}
  for _, list in ipairs { some, more or {} } do
    for _, word in ipairs(list) do
      if not has[word] then out[#out + 1] = word end
      has[word] = true
    end
  end
  return out
end

-- The header of a row's case: the scenario's, with what the row adds.
local function of_row(header, row)
  local out, own = {}, type(row.value) == "table" and row.value or {}
  for key, value in pairs(header) do out[key] = value end
  local issues = check("rig.case: row " .. row.name, own)
  out.row, out.row_name = row.value, row.name
  out.needs, out.tags = joined(header.needs, own.needs), joined(header.tags, own.tags)
  out.known_issue, out.timeout = issues or header.known_issue, own.timeout or header.timeout
  out.plan, out.case = own.plan or header.plan, own.case or header.case
  return setmetatable(out, Header)
end

local function new_rig()
  local rig = {}
  function rig.case(given, more)
    if given == rig and more ~= nil then fail.misuse "rig.case: call it with a dot, not a colon: rig.case{...}" end
    local header = options.take("rig.case", given, HEADER)
    header.known_issue = check("rig.case", header)
    if header.each then
      local all = {}
      for i, row in ipairs(require("case.rows").of(header.each)) do all[i] = of_row(header, row) end
      header.rows = all
    end
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
--- name, run, needs, timeout, ... }; nil and a message. With `each`, its `rows` are an array of headers with row_name
--- and row.
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

local function find_row(header, file, row)
  local names = {}
  for i, one in ipairs(header.rows or {}) do
    if one.row_name == row then return one end
    names[i] = one.row_name
  end
  file = where.short(file, engine.home())
  if #names == 0 then return nil, ("%s has no rows (each), so there is no row %s"):format(file, row) end
  if not row then return nil, ("%s: each of its rows is a case: %s"):format(file, suggest.some(names)) end
  return nil, ("%s has no row %s%s; its rows: %s"):format(file, row, suggest.hint(row, names),
    suggest.some(names))
end

--- The header of a case: of the row of this name in a scenario file; `row` is nil in a file without rows. `source`: as
--- for scenario.load. Nil and a message if there is none.
function scenario.case(file, row, source)
  local header, why = scenario.load(file, source)
  if not header then return nil, why end
  if not row and not header.rows then return header end
  return find_row(header, file, row)
end

return scenario
