--- bisect_judge: the answer of a run for a bisection, and the verdict of a revision from the answers of its runs.
---
--- The rule. The bad end has the symptom: the cases that failed there in two runs in the same way, each with its
--- verdict and the first line of its reason, numbers left out. With a text to look for, it is a failure whose reason
--- has the text. A run in which one of these cases has the same symptom is "bad"; one in which all of them pass is
--- "good"; anything else (a setup that fails, a skipped case, another failure) is "other", which says nothing about the
--- revision.
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

-- The line of a reason with this text; its first one without a text. Nil: no line has it.
local function line_of(reason, says)
  if not says then return first_line(reason) end
  for line in tostring(reason):gmatch "[^\n]+" do
    if line:find(says, 1, true) then return (line:gsub("^%s+", "")) end
  end
end

-- The reason of a case; with `says`, those of its bad cells, too: the case's own has the first one's only.
local function reason_of(case, says)
  local texts = { case.reason or "" }
  for _, cell in ipairs(says and case.cells or {}) do
    if verdicts.of(cell.status).is_bad then texts[#texts + 1] = cell.reason end
  end
  return table.concat(texts, "\n")
end

--- The failed cases of a run: { ["PLAN/NAME"] = { status, reason (plain), words (as it was) } }, and how many. `says`
--- (optional): only those whose reason has this text.
function judge.symptom(run, says)
  local out, count = {}, 0
  for _, case in ipairs(run.cases) do
    local words = verdicts.of(case.status).is_bad and line_of(reason_of(case, says), says)
    if words then
      out[run_folder.label(case)] = { status = case.status, reason = judge.plain(words), words = words }
      count = count + 1
    end
  end
  return out, count
end

local function passes(case)
  local verdict = verdicts.of(case.status)
  return not verdict.is_bad and verdict.name ~= "SKIP"
end

--- The cases of a run that did not pass, as judge.symptom has them: for judge.answer, which then answers "other".
function judge.not_passed(run)
  local out = {}
  for _, case in ipairs(run.cases) do
    if not passes(case) then out[run_folder.label(case)] = { status = case.status } end
  end
  return out
end

-- Has a case the symptom `known`?
local function is_same(case, known, how)
  if not verdicts.of(case.status).is_bad then return false end
  if how.is_any then return true end
  local words = line_of(reason_of(case, how.says), how.says)
  if how.says then return words ~= nil end
  return case.status == known.status and judge.plain(words) == known.reason
end

--- Of a symptom those cases that failed in this run, too, in the same way.
function judge.common(run, symptom, how)
  local out = {}
  for _, case in ipairs(run.cases) do
    local label = run_folder.label(case)
    if symptom[label] and is_same(case, symptom[label], how or {}) then out[label] = symptom[label] end
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

--- The answer of a run: "bad", "good", or "other" and its reason. `how` (optional): { is_any = any failure of these
--- cases is the symptom, says = each one whose reason has this text is }.
function judge.answer(run, symptom, how)
  local seen, why = {}, nil
  for _, case in ipairs(run.cases) do
    local label = run_folder.label(case)
    local known = symptom[label]
    seen[label] = true
    if known and is_same(case, known, how or {}) then return "bad" end
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
