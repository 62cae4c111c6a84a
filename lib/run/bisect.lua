--- bisect: finds the first bad commit of a range, by runs of cases with a build of each tested commit.
---
--- Both ends are tested first. Then git names the next commit (lib/host/git_bisect.lua), until one is the first bad.
--- That one and its parents decide: they are tested again before they are believed. If a verdict changes by that, the
--- bisection goes on with the new one. Everything that was learned is in the state, which is written at each answer.

local bisect_test = require "run.bisect_test"
local engine = require "engine"
local fail = require "base.fail"
local git = require "host.git"
local git_bisect = require "host.git_bisect"
local paths = require "base.paths"

local bisect = {}

--- A bisection in a work folder, which must be held. state: { tree (the user's checkout), options and compiler (meson),
--- good and bad (commits, with `revision` as it was given), more (runs that must agree after a doubted answer), is_any
--- (any failure is bad), says (a failure with this text is bad), results (folder), tests (lib/run/bisect_test.lua),
--- items (discover's), manner (options of the runs), guest (choices.guest's), only (paths that commits must touch),
--- symptom (of the bad end), is_flaky (it comes and goes) }. `show`: lib/report/bisect_screen.lua's.
function bisect.new(folder, state, show)
  return { folder = folder, source = folder .. "/source", build = folder .. "/build", state = state, show = show }
end

local function marks(b)
  local out, ends = {}, { [b.state.good.hash] = true, [b.state.bad.hash] = true }
  for _, test in ipairs(b.state.tests) do
    if test.verdict and not ends[test.hash] then out[#out + 1] = { hash = test.hash, verdict = test.verdict } end
  end
  return out
end

-- ---- the ends ----

local function refuse(b, name, words)
  local commit = b.state[name]
  local last = bisect_test.find(b, commit.hash).last
  fail.raise("EFAIL", "bisect", ("the %s end %s (%s) %s"):format(name, commit.revision, commit.short, words),
    last and table.concat(last, "\n") or nil)
end

-- An end is tested again where an earlier attempt ended at it.
local function start_over(test)
  test.answers, test.verdict, test.why, test.last = {}, nil, nil, nil
  test.build_seconds, test.run_seconds = nil, nil
end

local function passes_of(test)
  local passed = 0
  for _, answer in ipairs(test.answers) do passed = passed + (answer == "good" and 1 or 0) end
  return passed
end

-- What the runs of the bad end were, in words, where no failure came twice.
local function no_symptom(b, test)
  local passed = passes_of(test)
  if passed == #test.answers then return ("passes (%d of %d runs): nothing to bisect"):format(passed, passed) end
  if #b.state.seen == 0 then return "does not fail: " .. tostring(test.why) end
  return ("fails in another way each time (%d runs, %d passes): try --any; %s"):format(#test.answers, passed, test.why)
end

-- The bad end must fail, in two runs in the same way.
local function test_bad_end(b)
  local test = bisect_test.get(b, b.state.bad.hash)
  if test.verdict == "bad" then return end
  if not b.state.symptom then
    start_over(test)
    b.state.seen = {}
  end
  b.show:is_end(test, "bad")
  if not bisect_test.build(b, test) then refuse(b, "bad", test.why) end
  -- of passes and of other answers as many as may be
  while not b.state.symptom do
    local passed = passes_of(test)
    if passed > b.state.more or #test.answers - passed > b.state.more then break end
    bisect_test.answer(b, test)
  end
  if not b.state.symptom then refuse(b, "bad", no_symptom(b, test)) end
  if passes_of(test) > 0 then b.state.is_flaky = true end
  test.verdict, test.why = "bad", nil
  bisect_test.save(b)
  b.show:symptom(b.state.symptom)
end

local function test_good_end(b)
  local test = bisect_test.get(b, b.state.good.hash)
  if test.verdict == "good" then return end
  start_over(test)
  b.show:is_end(test, "good")
  if not bisect_test.build(b, test) then refuse(b, "good", test.why) end
  bisect_test.ask(b, test, b.state.is_flaky)
  if test.verdict == "good" then return end
  local why = test.verdict == "bad" and "fails as the bad end does" or "has " .. tostring(test.why)
  test.verdict = nil
  bisect_test.save(b)
  refuse(b, "good", why .. ": choose another --good")
end

-- ---- the search ----

local function log_file(b) return b.state.results .. "/bisect.log" end

-- What git answers to all verdicts so far.
local function next_step(b)
  paths.write(log_file(b), git_bisect.log(b.state.bad.hash, b.state.good.hash, marks(b), b.state.only))
  return git_bisect.next(b.source, log_file(b))
end

local function is_untested(b, hash)
  local test = bisect_test.find(b, hash)
  return not (test and test.verdict)
end

-- The oldest bad one: the first bad commit is this one or an ancestor of it.
local function oldest_bad(b)
  local oldest = b.state.bad
  for _, test in ipairs(b.state.tests) do
    if test.verdict == "bad" and git.is_ancestor(b.state.tree, test.hash, oldest.hash) then oldest = test end
  end
  return oldest
end

local function refuse_elsewhere(b)
  local words = "the first bad commit touches none of %s: bisect again without --only, with --bad %s"
  fail.raise("EFAIL", "bisect", words:format(table.concat(b.state.only or {}, ", "), oldest_bad(b).short))
end

-- With verdicts that contradict each other git would name one commit for ever.
local function refuse_again(hash)
  local words = "git names %s, which has a verdict already: the verdicts contradict each other"
  fail.raise("EFAIL", "bisect", words:format(hash))
end

-- Tests what git names, until it has an answer.
local function narrow(b)
  while true do
    local step = next_step(b)
    if step.is_elsewhere then refuse_elsewhere(b) end
    if not step.hash then return step end
    b.show:step(step, b.state)
    if not is_untested(b, step.hash) then refuse_again(step.hash) end
    bisect_test.run(b, step.hash)
  end
end

-- The parents of the first bad commit that are not older than the good end.
local function deciding_parents(b, hash)
  local out, good = {}, b.state.good.hash
  for _, parent in ipairs(git.parents(b.state.tree, hash)) do
    if parent == good or not git.is_ancestor(b.state.tree, parent, good) then out[#out + 1] = parent end
  end
  return out
end

-- The first bad commit and its parents once more. False: a verdict changed.
local function is_confirmed(b, hash)
  b.show:deciding(bisect_test.get(b, hash))
  for _, parent in ipairs(deciding_parents(b, hash)) do
    if bisect_test.run(b, parent, true).verdict ~= "good" then return false end
  end
  return bisect_test.run(b, hash, true).verdict == "bad"
end

-- An end whose verdict does not hold ends the bisection.
local function check_ends(b)
  for _, name in ipairs { "good", "bad" } do
    local test = bisect_test.find(b, b.state[name].hash)
    if test.verdict ~= name then refuse(b, name, "is " .. tostring(test.verdict) .. " after all, when tested again") end
  end
end

-- The found commit, or those of which one is the first bad.
local function outcome(b, step)
  local found = { commits = {}, is_one = step.first_bad ~= nil }
  for i, hash in ipairs(step.candidates or { step.first_bad }) do
    found.commits[i] = bisect_test.find(b, hash) or git.commit(b.state.tree, hash)
  end
  if found.is_one then found.parent = bisect_test.find(b, git.parents(b.state.tree, step.first_bad)[1]) end
  return found
end

--- Bisects to the end. Returns { commits = the first bad commit, or those of which one is it; is_one; parent = the test
--- of its first parent }. Raises where the ends are not as they should be, the machine is at fault, or Ctrl-C ended it.
function bisect.run(b)
  b.origin = engine.now()
  bisect_test.save(b)
  test_bad_end(b)
  test_good_end(b)
  while true do
    local step = narrow(b)
    if not step.first_bad or b.state.more == 0 or is_confirmed(b, step.first_bad) then return outcome(b, step) end
    check_ends(b)
  end
end

return bisect
