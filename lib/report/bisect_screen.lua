--- bisect_screen: the output of a bisection: its steps, builds, runs and verdicts.

local duration_stats = require "results.duration_stats"
local encoding = require "base.encoding"
local engine = require "engine"
local screen = require "report.screen"

local bisect_screen = {}

local Screen = {}
Screen.__index = Screen

-- CI systems kill jobs that print nothing for long.
local SILENT_SECONDS = 60

--- The screen on a terminal (lib/base/terminal.lua's). `now`: a clock (default: the engine's).
function bisect_screen.new(term, now)
  return setmetatable({ term = term, now = now or engine.now, head = "" }, Screen)
end

local function named(test) return ("%s %s"):format(test.short, encoding.harmless(test.subject)) end

local function time_words(seconds)
  if seconds < 100 then return ("%.0f s"):format(seconds) end
  return seconds < 5940 and ("%.0f min"):format(seconds / 60) or ("%.1f h"):format(seconds / 3600)
end

-- The usual seconds of a test so far; the first one built everything. Nil before there is another one.
local function usual(state)
  local list = {}
  for i = 2, #state.tests do
    local test = state.tests[i]
    if test.verdict then list[#list + 1] = (test.build_seconds or 0) + (test.run_seconds or 0) end
  end
  return duration_stats.median(list)
end

--- What the next test is for.
function Screen:is_end(_, name) self.head = name .. " end" end

--- The next test is the step that git named.
function Screen:step(step, state)
  self.count = (self.count or 0) + 1
  self.head = "step " .. self.count
  if not step.steps then return end
  local each = usual(state)
  local words = ("%d %s left after the next, about %d more %s"):format(step.left,
    step.left == 1 and "revision" or "revisions", step.steps, step.steps == 1 and "step" or "steps")
  if step.left == 0 then words = "the last step" end
  self.term:line(words .. (each and (", about %s"):format(time_words(each * (step.steps + 1))) or ""))
end

--- The next tests are those that decide.
function Screen:deciding(test)
  self.head = "again"
  self.term:line(("the first bad commit seems to be %s: it and its parent are tested again"):format(test.short))
end

--- A test begins with its build.
function Screen:begin(test)
  self.since, self.spoke = self.now(), self.now()
  self.term:line(("%-9s %s"):format(self.head, named(test)))
end

--- A line of the build: shown for now on a terminal, once a minute on a pipe.
function Screen:line(text)
  local words = ("      builds, %s: %s"):format(time_words(self.now() - self.since), encoding.harmless(text))
  if self.term.is_live then return self.term:status(words) end
  if self.now() - self.spoke < SILENT_SECONDS then return end
  self.spoke = self.now()
  self.term:line(words)
end

function Screen:not_built(test)
  self.term:clear()
  self.term:line(("      skipped, it %s"):format(encoding.harmless(test.why)))
end

--- The screen for a run of the cases.
function Screen:run_screen(o)
  self.term:clear()
  return screen.new(o, self.term)
end

--- The answer of a run, where it is not the verdict at once.
function Screen:answer(test, answer, why)
  if answer ~= "other" and #test.answers == 1 then return end
  self.term:line(("      run %d: %s%s"):format(#test.answers, answer, why and ", " .. encoding.harmless(why) or ""))
end

function Screen:verdict(test)
  self.term:line(("      %s%s, built in %s, ran for %s"):format(test.verdict,
    test.why and ", " .. encoding.harmless(test.why) or "", time_words(test.build_seconds or 0),
    time_words(test.run_seconds or 0)))
end

--- Which failures the bisection follows.
function Screen:symptom(symptom)
  for label, known in pairs(symptom) do
    self.term:paragraph("      bad is: ", ("%s %s: %s"):format(known.status, label, encoding.harmless(known.words)))
  end
end

function Screen:is_flaky(test)
  self.term:paragraph("note: ", ("the failure comes and goes (at %s): from here on a pass is repeated before it is "
    .. "believed"):format(test.short))
end

return bisect_screen
