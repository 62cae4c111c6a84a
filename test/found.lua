--- found: runs the scenarios of the bug reports in docs/found, and compares what they show with what the reports say. A
--- report's versions have the bug, other versions do not. Words: names of reports (default: all), and behind -- options
--- of `moonrig run`, such as --dpdk BUILD. Prints "N passed, N failed, N skipped" last.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local releases = require "dpdk.releases"
local verdicts = require "base.verdicts"

local found = { FOLDER = engine.home() .. "/docs/found" }

local SECONDS = 3000

-- Which versions the words mean, as a function. DPDK's are a range of releases, QEMU's are one: "11.1".
local function range_of(of, words)
  if of == "QEMU" then return function(version) return version:find(words .. ".", 1, true) == 1 end end
  local range, why = releases.range(words)
  if not range then error(why, 0) end
  return function(version) return releases.holds(range, version) end
end

--- What a report says: { name, of = "dpdk" or "qemu", versions = words, holds = a function of a version, is_race,
--- shows = what the scenario's failure says, code = the scenario }. Raises for one that lacks something.
function found.parse(name, text)
  local function part(pattern, what) return text:match(pattern) or error(("%s: no %s"):format(name, what), 0) end
  local of, versions = part("\n| versions | (%u+) ([^|]-) |\n", "row \"versions\""),
    part("\n| versions | %u+ ([^|]-) |\n", "row \"versions\"")
  for _, title in ipairs { "Expected", "Seen", "Cause" } do part("\n## " .. title .. "\n\n%S", "section " .. title) end
  return { name = name, of = of:lower(), versions = versions, holds = range_of(of, versions),
    is_race = text:find "\nThe scenario fails in some runs, with `" ~= nil,
    shows = part("\nThe scenario fails[^`\n]* with `([^`\n]+)`%.\n", "line \"The scenario fails with `...`.\""),
    code = part("\n```lua\n(.-\n)```\n", "scenario") }
end

--- All reports, by name.
function found.reports()
  local out = {}
  for _, file in ipairs(assert(engine.fs.list(found.FOLDER))) do
    local name = file:match "^(.*)%.md$"
    if name and name ~= "README" then out[#out + 1] = found.parse(name, paths.read(found.FOLDER .. "/" .. file)) end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

--- Is the outcome of a report's scenario { status, reason } what the report says of this version? Returns true, or
--- false and what is expected.
function found.judge(report, version, outcome)
  if not version then return false, "a version" end
  local has_it = report.holds(version)
  local shows = verdicts.of(outcome.status).is_broken and outcome.reason:find(report.shows, 1, true) ~= nil
  if shows then return has_it, "PASS: the report's versions are " .. report.versions end
  if outcome.status == "PASS" then return not has_it or report.is_race, ("a failure with %q"):format(report.shows) end
  return false, has_it and ("a failure with %q"):format(report.shows) or "PASS"
end

local function run(reports, options, folder)
  local argv = { engine.fs.realpath "/proc/self/exe", "run", "-q", "-o", folder .. "/results", unpack(options) }
  for _, report in ipairs(reports) do
    local file = ("%s/%s.lua"):format(folder, report.name)
    paths.write(file, report.code)
    argv[#argv + 1] = file
  end
  local r, err = fail.try(engine.here().run, engine.here(), argv, { timeout = SECONDS })
  if not r then return nil, fail.what(err) end
  local results = paths.read(folder .. "/results/latest/results.json")
  return results and engine.json.decode(results), r.out .. r.err
end

--- The first of the versions of a run, "26.11.0, 26.11.0 (vm)"; nil without one.
function found.version(words) return tostring(words):match "^%d[^%s,]*" end

local function tell(report, results)
  local version = found.version(results[report.of])
  for _, case in ipairs(results.cases) do
    if case.name == report.name then
      local ok, expected = found.judge(report, version, case)
      local seen = ("%s %s"):format(case.status, (case.reason or ""):match "[^\n]*")
      print(("%s  %s with %s %s: %s%s"):format(ok and "as reported" or "DIFFERS", report.name, report.of,
        tostring(version), seen, ok and "" or "; expected " .. expected))
      return ok
    end
  end
  print(("DIFFERS  %s: it was not run"):format(report.name))
  return false
end

-- The names and the options in the words of the command line.
local function words_of(args)
  local names, options, is_option = {}, {}, false
  for i = 2, #args do
    if args[i] == "--" then is_option = true
    elseif is_option then options[#options + 1] = args[i]
    else names[args[i]] = true end
  end
  return names, options
end

--- The reports of these names ({ [name] = true }); all without names. Raises for a name that none has.
function found.chosen(names)
  local out, known = {}, {}
  for _, report in ipairs(found.reports()) do
    known[report.name] = true
    if not next(names) or names[report.name] then out[#out + 1] = report end
  end
  for name in pairs(names) do
    if not known[name] then error(("docs/found has no report %s"):format(name), 0) end
  end
  return out
end

--- args: { this file, NAME..., "--", option of run... }. Returns the exit status.
function found.main(args)
  local names, options = words_of(args)
  local reports = found.chosen(names)
  local folder = fail.check(engine.scratch())
  local results, said = run(reports, options, folder)
  local passed = 0
  if not results then print(said) end
  for _, report in ipairs(results and reports or {}) do passed = passed + (tell(report, results) and 1 or 0) end
  engine.fs.rmtree(folder)
  print(("%d passed, %d failed, 0 skipped"):format(passed, #reports - passed))
  return passed == #reports and #reports > 0 and 0 or 1
end

return found
