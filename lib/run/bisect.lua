--- bisect: finds the first bad commit of a range, by runs of cases with a build of each tested commit.
---
--- Both ends are tested first. Then git names the next commit (lib/host/git_bisect.lua), until one is the first bad.
--- That one and its parents decide: they are tested again before they are believed. If a verdict changes by that, the
--- bisection goes on with the new one. Everything that was learned is in the state, which is written at each answer.

local bisect_build = require "run.bisect_build"
local engine = require "engine"
local fail = require "base.fail"
local git = require "host.git"
local git_bisect = require "host.git_bisect"
local judge = require "run.bisect_judge"
local paths = require "base.paths"
local runner = require "run.runner"
local store = require "run.bisect_store"

local bisect = {}

--- A bisection in a work folder, which must be held. state: { tree (the user's checkout), options and compiler (meson),
--- good and bad (commits, with `revision` as it was given), more (runs that must agree after
--- a doubted answer), is_any (any failure is bad), results (folder), tests = {}, items (discover's), manner (options of
--- the runs) }. `show`: lib/report/bisect_screen.lua's.
function bisect.new(folder, state, show)
  return { folder = folder, source = folder .. "/source", build = folder .. "/build", state = state, show = show }
end

local function save(b) store.write(b.folder, b.state) end

-- ---- what was tested ----

local function test_of(b, hash)
  for _, test in ipairs(b.state.tests) do
    if test.hash == hash then return test end
  end
end

-- The test of a commit, a new one where there is none.
local function test_for(b, hash)
  local test = test_of(b, hash)
  if test then return test end
  test = git.commit(b.state.tree, hash)
  test.answers, test.runs = {}, {}
  b.state.tests[#b.state.tests + 1] = test
  return test
end

local function marks(b)
  local out, ends = {}, { [b.state.good.hash] = true, [b.state.bad.hash] = true }
  for _, test in ipairs(b.state.tests) do
    if test.verdict and not ends[test.hash] then out[#out + 1] = { hash = test.hash, verdict = test.verdict } end
  end
  return out
end

-- ---- one test: a build and its runs ----

-- A build that works is not repeated: ninja looks, and has nothing to do.
local function build(b, test)
  local since = engine.now()
  b.show:begin(test)
  fail.check(engine.open_log(b.state.results, b.state.results .. "/timeline.jsonl", b.origin))
  local ok, why, last = bisect_build.make(b, test, function(line) b.show:line(line) end)
  test.build_seconds = (test.build_seconds or 0) + engine.now() - since
  if ok then return true end
  test.verdict, test.why, test.last = "skip", "does not build: " .. why, last
  save(b)
  b.show:not_built(test)
end

-- At the bad end all cases run, later those that failed there.
local function items_of(b)
  if not b.state.symptom then return b.state.items end
  local out = {}
  for _, item in ipairs(b.state.items) do
    if b.state.symptom[("%s/%s"):format(item.plan, item.name)] then out[#out + 1] = item end
  end
  return out
end

-- Runs the cases once. Ctrl-C ends the bisection, not only its run.
local function run_once(b, test)
  local since, o = engine.now(), bisect_build.put_under_test(b.build)
  for key, value in pairs(b.state.manner) do o[key] = value end
  o.out = b.state.results
  local screen = b.show:run_screen(o)
  local run = runner.run(items_of(b), o, screen)
  screen:leave()
  if run.interrupted then fail.cancel "bisect" end
  test.run_seconds = (test.run_seconds or 0) + engine.now() - since
  test.runs[#test.runs + 1] = run.id
  return run
end

-- The bad end's first failure is the symptom of the bisection.
local function answer_of(b, run)
  if b.state.symptom then return judge.answer(run, b.state.symptom, b.state.is_any) end
  local symptom, count = judge.symptom(run)
  if count == 0 then return "good" end
  b.state.symptom = symptom
  return "bad"
end

local function is_doubted(b, test, is_deciding)
  return is_deciding or b.state.is_flaky and test.answers[1] == "good"
end

-- Sets a verdict. One that changed is the last in the log: of several bad commits git takes the last one.
local function decide(b, test, verdict)
  local tests, was = b.state.tests, test.verdict
  test.verdict = verdict
  if not (was and verdict and was ~= verdict) then return end
  for i, other in ipairs(tests) do
    if other == test then table.insert(tests, table.remove(tests, i)) break end
  end
end

-- Runs until there is a verdict.
local function ask(b, test, is_deciding)
  local verdict, is_mixed
  while true do
    verdict, is_mixed = judge.verdict(test.answers, b.state.more, is_doubted(b, test, is_deciding))
    if is_mixed and not b.state.is_flaky then
      b.state.is_flaky = true
      b.show:is_flaky(test)
    end
    if verdict then break end
    local answer, why = answer_of(b, run_once(b, test))
    test.answers[#test.answers + 1], test.why = answer, why or test.why
    save(b)
    b.show:answer(test, answer, why)
  end
  decide(b, test, verdict)
  if verdict == "skip" then test.why = "no verdict: " .. tostring(test.why) else test.why = nil end
  save(b)
  b.show:verdict(test)
end

-- A commit that decides has its verdict from several runs. One that does not build has none.
local function is_tested(b, test, is_deciding)
  if not test.verdict then return false end
  return not is_deciding or #test.answers == 0 or #test.answers > b.state.more
end

-- Tests a commit, unless it is tested enough. Returns its test.
local function test_commit(b, hash, is_deciding)
  local test = test_for(b, hash)
  if not is_tested(b, test, is_deciding) and build(b, test) then ask(b, test, is_deciding) end
  return test
end

-- ---- the ends ----

local function refuse(b, name, words)
  local commit = b.state[name]
  fail.raise("EFAIL", "bisect", ("the %s end %s (%s) %s"):format(name, commit.revision, commit.short, words),
    test_of(b, commit.hash).last and table.concat(test_of(b, commit.hash).last, "\n") or nil)
end

-- The bad end must fail. Where it passes, it runs as often as a doubted revision.
local function test_bad_end(b)
  local test = test_for(b, b.state.bad.hash)
  if test.verdict == "bad" then return end
  b.show:is_end(test, "bad")
  if not build(b, test) then refuse(b, "bad", test.why) end
  while not b.state.symptom and #test.answers <= b.state.more do
    local answer = answer_of(b, run_once(b, test))
    test.answers[#test.answers + 1] = answer
    save(b)
    b.show:answer(test, answer)
  end
  if not b.state.symptom then
    refuse(b, "bad", ("passes (%d of %d runs): nothing to bisect"):format(#test.answers, #test.answers))
  end
  b.state.is_flaky = #test.answers > 1 or nil
  test.verdict = "bad"
  save(b)
  b.show:symptom(b.state.symptom)
end

local function test_good_end(b)
  local test = test_for(b, b.state.good.hash)
  if test.verdict == "good" then return end
  -- it is tested again where an earlier attempt ended here
  test.answers, test.verdict, test.why, test.last = {}, nil, nil, nil
  b.show:is_end(test, "good")
  if not build(b, test) then refuse(b, "good", test.why) end
  ask(b, test, b.state.is_flaky)
  if test.verdict == "good" then return end
  local why = test.verdict == "bad" and "fails as the bad end does" or tostring(test.why)
  test.verdict = nil
  save(b)
  refuse(b, "good", why .. ": choose another --good")
end

-- ---- the search ----

local function log_file(b) return b.state.results .. "/bisect.log" end

-- What git answers to all verdicts so far.
local function next_step(b)
  paths.write(log_file(b), git_bisect.log(b.state.bad.hash, b.state.good.hash, marks(b)))
  return git_bisect.next(b.source, log_file(b))
end

local function is_untested(b, hash)
  local test = test_of(b, hash)
  return not (test and test.verdict)
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
    if not step.hash then return step end
    b.show:step(step, b.state)
    if not is_untested(b, step.hash) then refuse_again(step.hash) end
    test_commit(b, step.hash)
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
  b.show:deciding(test_for(b, hash))
  for _, parent in ipairs(deciding_parents(b, hash)) do
    if test_commit(b, parent, true).verdict ~= "good" then return false end
  end
  return test_commit(b, hash, true).verdict == "bad"
end

-- An end whose verdict does not hold ends the bisection.
local function check_ends(b)
  for _, name in ipairs { "good", "bad" } do
    local test = test_of(b, b.state[name].hash)
    if test.verdict ~= name then refuse(b, name, "is " .. tostring(test.verdict) .. " after all, when tested again") end
  end
end

-- The found commit, or those of which one is the first bad.
local function outcome(b, step)
  local found = { commits = {}, is_one = step.first_bad ~= nil }
  for i, hash in ipairs(step.candidates or { step.first_bad }) do
    found.commits[i] = test_of(b, hash) or git.commit(b.state.tree, hash)
  end
  if found.is_one then found.parent = test_of(b, git.parents(b.state.tree, step.first_bad)[1]) end
  return found
end

--- Bisects to the end. Returns { commits = the first bad commit, or those of which one is it; is_one; parent = the test
--- of its first parent }. Raises where the ends are not as they should be, the machine is at fault, or Ctrl-C ended it.
function bisect.run(b)
  b.origin = engine.now()
  save(b)
  test_bad_end(b)
  test_good_end(b)
  while true do
    local step = narrow(b)
    if not step.first_bad or b.state.more == 0 or is_confirmed(b, step.first_bad) then return outcome(b, step) end
    check_ends(b)
  end
end

return bisect
