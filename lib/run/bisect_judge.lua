--- bisect_judge: the answer of a run for a bisection, and the verdict of a revision from the answers of its runs.
---
--- The rule. The bad end has the symptom: the cases that failed there in two runs in the same way, each with its
--- verdict and the first line of its reason, numbers left out. A run in which one of these cases has the same symptom
--- is "bad"; one in which all of them pass is "good"; anything else (a setup that fails, a skipped case, another
--- failure) is "other", which says nothing about the revision.
---
--- The first answer of a revision is believed, unless it is doubted: an "other" always is; a "good" is once the
--- symptom was seen to come and go; and so are the answers of the two revisions that decide in the end. Then the cases
--- run again, until N runs were "good" or "bad". If these agree, theirs is the verdict. If not, the symptom comes and
--- goes, and the revision is bad. After N more that are "other" it is skipped. So an unrelated failure now and then
--- costs runs, but no revision.

local run_folder = require "results.run_folder"
local verdicts = require "base.verdicts"

local judge = {}

-- The lines that follow are not quoted.
local function first_line(text)
  local line = tostring(text):match("[^\n]*"):gsub("; last lines:$", "")
  return line
end

--- A reason without what changes from run to run: numbers, addresses, hashes.
function judge.plain(reason)
  local text = first_line(reason):gsub("0x%x+", "#"):gsub("%d[%d.,]*", "#")
  return text
end

--- The failed cases of a run: { ["PLAN/NAME"] = { status, reason (plain), words (as it was) } }, and how many.
function judge.symptom(run)
  local out, count = {}, 0
  for _, case in ipairs(run.cases) do
    if verdicts.of(case.status).is_bad then
      out[run_folder.label(case)] = { status = case.status, reason = judge.plain(case.reason),
        words = first_line(case.reason) }
      count = count + 1
    end
  end
  return out, count
end

--- The skipped cases of a run, as judge.symptom has the failed ones.
function judge.skipped(run)
  local out = {}
  for _, case in ipairs(run.cases) do
    if case.status == "SKIP" then out[run_folder.label(case)] = { status = case.status } end
  end
  return out
end

-- Has a case the symptom `known`?
local function is_same(case, known, is_any)
  if not verdicts.of(case.status).is_bad then return false end
  return is_any or case.status == known.status and judge.plain(case.reason) == known.reason
end

--- Of a symptom those cases that failed in this run, too, in the same way.
function judge.common(run, symptom, is_any)
  local out = {}
  for _, case in ipairs(run.cases) do
    local label = run_folder.label(case)
    if symptom[label] and is_same(case, symptom[label], is_any) then out[label] = symptom[label] end
  end
  return out
end

--- A symptom in a line.
function judge.words(symptom)
  local out = {}
  for label, known in pairs(symptom) do out[#out + 1] = ("%s: %s %s"):format(label, known.status, known.words) end
  table.sort(out)
  return table.concat(out, "; ")
end

local function passes(case)
  local verdict = verdicts.of(case.status)
  return not verdict.is_bad and verdict.name ~= "SKIP"
end

--- The answer of a run: "bad", "good", or "other" and its reason. `is_any`: any failure of these cases is the symptom.
function judge.answer(run, symptom, is_any)
  local seen, why = {}, nil
  for _, case in ipairs(run.cases) do
    local label = run_folder.label(case)
    local known = symptom[label]
    seen[label] = true
    if known and is_same(case, known, is_any) then return "bad" end
    if known and not passes(case) then
      why = why or ("%s: %s %s"):format(label, case.status, first_line(case.reason or ""))
    end
  end
  for label in pairs(symptom) do
    if not seen[label] then why = why or label .. " was not run" end
  end
  if why then return "other", why end
  return "good"
end

local function count(answers, from)
  local n = { good = 0, bad = 0, other = 0 }
  for i = from, #answers do n[answers[i]] = n[answers[i]] + 1 end
  return n
end

--- The verdict of these answers ("good", "bad", "skip"), or nil: another run is needed. `more`: how many runs must
--- agree after a doubted answer; `is_doubted`: the first answer is not enough. Second value: does the symptom come and
--- go?
function judge.verdict(answers, more, is_doubted)
  local first = answers[1]
  if not first then return nil end
  if #answers == 1 and (more == 0 or first ~= "other" and not is_doubted) then
    return first == "other" and "skip" or first
  end
  local n, all = count(answers, 2), count(answers, 1)
  local is_mixed = all.bad > 0 and all.good > 0
  if n.bad > 0 and n.good > 0 then return "bad", is_mixed end
  if n.bad >= more then return "bad", is_mixed end
  if n.good >= more then return "good", is_mixed end
  if n.other >= more then return "skip", is_mixed end
  return nil, is_mixed
end

return judge
