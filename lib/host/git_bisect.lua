--- git_bisect: `git bisect` in a worktree. Each step replays all verdicts, so a killed process leaves no state of git's
--- half written.

local fail = require "base.fail"
local git = require "host.git"
local lines = require "base.lines"

local git_bisect = {}

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- git takes an unquoted -- for the end of its words.
local function limits(only)
  local words = { quoted "--" }
  for _, path in ipairs(only) do words[#words + 1] = quoted(path) end
  return #only > 0 and " " .. table.concat(words, " ") or ""
end

--- The log of a bisection, as `git bisect replay` reads it. `bad`, `good`: hashes; `marks`: array of { hash, verdict },
--- a verdict is good, bad or skip; `only` (optional): paths, commits that touch none of them are left out.
function git_bisect.log(bad, good, marks, only)
  local out = { ("git bisect start '--no-checkout' '%s' '%s'%s"):format(bad, good, limits(only or {})) }
  for _, mark in ipairs(marks) do out[#out + 1] = ("git bisect %s %s"):format(mark.verdict, mark.hash) end
  return table.concat(out, "\n") .. "\n"
end

-- The commits that are left where all others are skipped.
local function candidates(out)
  local found, list = {}, out:match "could be any of:\n([%x\n]+)"
  for hash in (list or ""):gmatch "%x+" do found[#found + 1] = hash end
  return list and found
end

-- The last of several: `start` prints one, too. git prints -1 where a path left one commit, and not the bad end.
local function estimate(out)
  local left, steps
  for n, text in out:gmatch "Bisecting: (%-?%d+) revisions? left to test after this %(roughly (%d+) steps?%)" do
    left, steps = math.max(0, tonumber(n)), tonumber(text)
  end
  return left, steps
end

-- Of the commits that touch the paths none is bad.
local function is_elsewhere(r) return (r.out .. r.err):find("No testable commit found", 1, true) ~= nil end

--- The output of replay, as git_bisect.next returns it; nil if it is no answer.
function git_bisect.parse(out)
  local first_bad = ("\n" .. out):match "\n(%x+) is the first bad commit"
  if first_bad then return { first_bad = first_bad } end
  local some = candidates(out)
  if some then return { candidates = some } end
  local left, steps = estimate(out)
  local hash = out:match "\n%[(%x+)%] [^\n]*\n$"
  return hash and { hash = hash, left = left, steps = steps } or nil
end

--- The next step after the verdicts in a log's file: { hash, left, steps } (the commit to test, and what remains after
--- it), { first_bad = hash }, { candidates = hashes } where only skipped commits are left, or { is_elsewhere = true }
--- where no commit that touches the log's paths can be it. Raises if git cannot bisect.
function git_bisect.next(worktree, file)
  local r = git.try(worktree, { "bisect", "replay", file })
  if is_elsewhere(r) then return { is_elsewhere = true } end
  local found = git_bisect.parse(r.out)
  if found and (r.code == 0 or found.candidates) then return found end
  local words = r.err:gsub("^error: We are not bisecting%.\n", "")
  fail.raise("EFAIL", "git bisect", "cannot go on", lines.last(words ~= "" and words or r.out, 5))
end

return git_bisect
