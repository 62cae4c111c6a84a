--- bisect_test: the test of one commit of a bisection: its build, its runs, its verdict. Each answer is written to the
--- state at once.
---
--- A test in the state: { hash, short, subject, author, date, answers (of bisect_judge), runs (ids), verdict (good,
--- bad, skip; nil: none yet), why (it is skipped), last (lines of a failed build), build_seconds, run_seconds }.

local bisect_build = require "run.bisect_build"
local engine = require "engine"
local fail = require "base.fail"
local git = require "host.git"
local judge = require "run.bisect_judge"
local runner = require "run.runner"
local store = require "run.bisect_store"

local bisect_test = {}

--- Writes the state.
function bisect_test.save(b) store.write(b.folder, b.state) end

local save = bisect_test.save

--- The test of a commit, or nil.
function bisect_test.find(b, hash)
  for _, test in ipairs(b.state.tests) do
    if test.hash == hash then return test end
  end
end

--- The test of a commit, a new one where there is none.
function bisect_test.get(b, hash)
  local test = bisect_test.find(b, hash)
  if test then return test end
  test = git.commit(b.state.tree, hash)
  test.answers, test.runs = {}, {}
  b.state.tests[#b.state.tests + 1] = test
  return test
end

--- Builds its commit; true if that works. ninja does nothing where it is built already.
function bisect_test.build(b, test)
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
  local since, o = engine.now(), bisect_build.put_under_test(b.build, b.state.guest)
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

-- Another failure may come by chance: the bad end's is the symptom of the bisection once it was seen twice.
local function first_answer(b, run)
  local symptom, count = judge.symptom(run, b.state.says)
  -- a skipped case, or another failure than the one to look for, is no pass
  if count == 0 then return judge.answer(run, judge.not_passed(run)) end
  local seen = b.state.seen
  for _, known in ipairs(b.state.more == 0 and { symptom } or seen) do
    if judge.answer(run, known, b.state) == "bad" then
      b.state.symptom = judge.common(run, known, b.state)
      return "bad"
    end
  end
  seen[#seen + 1] = symptom
  return "other", "a failure, seen once: " .. judge.words(symptom)
end

local function answer_of(b, run)
  if not b.state.symptom then return first_answer(b, run) end
  return judge.answer(run, b.state.symptom, b.state)
end

--- Runs the cases of a built commit once more.
function bisect_test.answer(b, test)
  local answer, why = answer_of(b, run_once(b, test))
  test.answers[#test.answers + 1], test.why = answer, why or test.why
  save(b)
  b.show:answer(test, answer, why)
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

--- Runs a built commit until there is a verdict. `is_deciding`: one answer is not enough.
function bisect_test.ask(b, test, is_deciding)
  local verdict, is_mixed
  while true do
    verdict, is_mixed = judge.verdict(test.answers, b.state.more, is_doubted(b, test, is_deciding))
    if is_mixed and not b.state.is_flaky then
      b.state.is_flaky = true
      b.show:is_flaky(test)
    end
    if verdict then break end
    bisect_test.answer(b, test)
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

--- Tests a commit, unless it is tested enough. Returns its test.
function bisect_test.run(b, hash, is_deciding)
  local test = bisect_test.get(b, hash)
  if not is_tested(b, test, is_deciding) and bisect_test.build(b, test) then bisect_test.ask(b, test, is_deciding) end
  return test
end

return bisect_test
