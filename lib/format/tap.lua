--- tap: a run (lib/format/results.lua's) as TAP, the Test Anything Protocol: a line for each case, a subtest for each
--- cell.
---
--- The format is version 14. Its readers accept a stream marked 13, but readers of 13 (prove in Debian 12) reject 14.
--- So the stream is marked 13, unless $TAP_VERSION asks for 14 (prove sets it).

local consoles = require "case.consoles"
local mix = require "host.mix"
local show = require "base.show"
local encoding = require "base.encoding"
local verdicts = require "base.verdicts"

local tap = { file = "results.tap", for_programs = true }

function tap.options(run)
  run:flag("--tap", "Print TAP and nothing else: `prove -e 'moonrig run --tap' FILE...` reads it.")
end

local function flat(text)
  return (encoding.scrub(tostring(text)):gsub("[%z\1-\31\127]+", " "):gsub("^ +", ""):gsub(" +$", ""))
end

-- An unescaped # starts a directive.
local function description(text)
  return (flat(text):gsub("[\\#]", "\\%0"))
end

local BYTES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\t"] = "\\t" }

-- YAML and Perl's subset of it both read a quoted string on one line.
local function quoted(value)
  local text = type(value) == "string" and value or show.value(value)
  return '"' .. encoding.scrub(text):gsub('[%z\1-\31\127\\"]', function(c)
    return BYTES[c] or ("\\x%02x"):format(c:byte())
  end) .. '"'
end

-- The first failed check ended the case.
local function failed_check(case)
  for _, check in ipairs(case.checks or {}) do
    if not check.ok then return check end
  end
end

local function yaml_lines(case)
  local out = {}
  local function add(key, value)
    if value ~= nil then out[#out + 1] = ("%s: %s"):format(key, quoted(value)) end
  end
  add("message", case.reason or "no reason was given")
  add("severity", verdicts.of(case.status).tap)
  add("status", case.status)
  if type(case.seconds) == "number" then out[#out + 1] = ("seconds: %.3f"):format(case.seconds) end
  local check = case.status == "FAIL" and failed_check(case)
  if check then
    add("check", check.what)
    add("at", check.where)
    -- an oracle's words are in the message
    if check.expected ~= nil or check.got ~= nil then
      add("expected", check.expected)
      add("got", check.got)
    end
  end
  add("file", case.file)
  local last_lines = consoles.text(case.consoles)
  if #last_lines > 0 then out[#out + 1] = "consoles:" end
  for _, line in ipairs(last_lines) do out[#out + 1] = "  - " .. quoted(line) end
  return out
end

local function add_yaml(case, indent, out)
  out[#out + 1] = indent .. "  ---"
  for _, line in ipairs(yaml_lines(case)) do out[#out + 1] = indent .. "  " .. line end
  out[#out + 1] = indent .. "  ..."
end

local function add_point(number, name, case, indent, out)
  local verdict = verdicts.of(case.status)
  local directive = verdict.directive
    and (" # %s %s"):format(verdict.directive, description(case.reason or verdict.words)) or ""
  out[#out + 1] = ("%s%s %d - %s%s"):format(indent, verdict.is_ok and "ok" or "not ok", number, description(name),
    directive)
  if not verdict.is_ok then add_yaml(case, indent, out) end
end

local function add_subtest(name, cells, out)
  out[#out + 1] = "# Subtest: " .. description(name)
  for i, cell in ipairs(cells) do add_point(i, cell.name, cell, "    ", out) end
  out[#out + 1] = ("    1..%d"):format(#cells)
end

local function add_case(number, case, out)
  local name = tostring(case.plan) .. "/" .. tostring(case.name)
  if case.cells and #case.cells > 0 then add_subtest(name, case.cells, out) end
  add_point(number, name, case, "", out)
  if mix.words(case) then out[#out + 1] = ("# %s: %s"):format(flat(name), flat(mix.words(case))) end
end

local function head(planned)
  local version = os.getenv "TAP_VERSION" == "14" and 14 or 13
  return { ("TAP version %d"):format(version), ("1..%d%s"):format(planned, planned == 0 and " # SKIP no case" or "") }
end

-- The lines after the cases.
local function add_end(run, printed, planned, out)
  for _, notice in ipairs(run.notices or {}) do out[#out + 1] = "# " .. flat(notice) end
  if printed < planned then
    out[#out + 1] = "Bail out! " .. (run.interrupted and "interrupted" or "the others were not started")
  end
end

local function text_of(out)
  return table.concat(out, "\n") .. "\n"
end

--- The text of results.tap. `run.planned`: how many cases were selected.
function tap.text(run)
  local cases = run.cases or {}
  local planned = run.planned or #cases
  local out = head(planned)
  for i, case in ipairs(cases) do add_case(i, case, out) end
  add_end(run, #cases, planned, out)
  return text_of(out)
end

--- A screen (lib/report/screen.lua's) that writes TAP: cases are numbered as they end, their output is comments.
--- `write(text)`; `planned`: how many cases were selected.
function tap.screen(write, planned)
  local screen, printed = {}, 0
  write(text_of(head(planned)))
  function screen:start() end
  function screen:leave() end
  function screen:event(item, event)
    if event.ev ~= "notice" and event.ev ~= "output" then return end
    write(("# %s/%s: %s\n"):format(flat(item.plan), flat(item.name), flat(event.text)))
  end
  function screen:finish(_, case)
    local out = {}
    printed = printed + 1
    add_case(printed, case, out)
    write(text_of(out))
  end
  function screen:summary(run)
    local out = {}
    add_end(run, printed, planned, out)
    out[#out + 1] = "# results: " .. flat(run.folder)
    write(text_of(out))
  end
  return screen
end

return tap
