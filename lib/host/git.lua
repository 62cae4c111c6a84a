--- git: what we ask of a git checkout: its revisions, and a worktree of our own beside it.
---
--- The user's checkout stays as it is: no hook of its runs, and of its repository only the list of worktrees changes.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"

local git = {}

-- A checkout of 5,000 files on a slow disk.
local SECONDS = 600

-- An inherited GIT_DIR would name another repository; messages are read in English.
local COMMAND = { "env", "-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE", "LC_ALL=C",
  "GIT_TERMINAL_PROMPT=0", "git", "-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false",
  "-c", "gc.auto=0", "-c", "core.fsmonitor=false" }

--- Runs git in a folder, whatever its exit status: { code, out, err }.
function git.try(folder, words)
  local argv = { unpack(COMMAND) }
  for _, word in ipairs(words) do argv[#argv + 1] = word end
  return engine.here():run(argv, { cwd = folder, timeout = SECONDS })
end

--- The output of git in a folder. Raises if it fails.
function git.run(folder, words)
  local r = git.try(folder, words)
  if r.code == 0 then return r.out end
  fail.raise("EFAIL", "git " .. words[1], ("ended with %s in %s"):format(ending.words(r), folder),
    lines.last(r.err ~= "" and r.err or r.out, 5))
end

--- The top folder of the checkout that a folder is in; nil without one.
function git.top(folder)
  local r = engine.fs.stat(folder) and git.try(folder, { "rev-parse", "--show-toplevel" })
  local top = r and r.code == 0 and r.out:match "^[^\n]+"
  return top and engine.fs.realpath(top) or nil
end

--- The commit of a revision: { hash, short, subject, author, date }; nil where there is none of that name.
function git.commit(folder, revision)
  if revision:find "^%-" then return nil end
  local r = git.try(folder, { "log", "-1", "--format=%H%n%h%n%an <%ae>%n%aI%n%s", revision .. "^{commit}", "--" })
  local hash, short, author, date, subject = r.out:match "^(%x+)\n(%x+)\n([^\n]*)\n([^\n]*)\n([^\n]*)"
  if r.code ~= 0 or not hash then return nil end
  return { hash = hash, short = short, subject = subject, author = author, date = date }
end

--- The hashes of a commit's parents.
function git.parents(folder, hash)
  local out = {}
  for parent in git.run(folder, { "log", "-1", "--format=%P", hash }):gmatch "%x+" do out[#out + 1] = parent end
  return out
end

--- Is a commit an ancestor of another one, or the same?
function git.is_ancestor(folder, hash, other)
  return git.try(folder, { "merge-base", "--is-ancestor", hash, other }).code == 0
end

--- Is there a commit between `good` and `bad` that touches one of the paths?
function git.is_touched(folder, good, bad, list)
  local words = { "rev-list", "-1", bad, "^" .. good, "--", unpack(list) }
  return git.run(folder, words) ~= ""
end

-- git that was killed leaves the lock of its index. Only we use the worktree, and one of us at a time.
local function unlock(worktree)
  local file = git.run(worktree, { "rev-parse", "--git-path", "index.lock" }):match "^[^\n]+"
  os.remove(file:find "^/" and file or ("%s/%s"):format(worktree, file))
end

--- Makes a worktree of the checkout `tree` hold a commit; files that are the same keep their times.
function git.checkout(worktree, hash)
  unlock(worktree)
  git.run(worktree, { "checkout", "--quiet", "--force", "--detach", hash })
end

--- Adds a worktree at `path`, without files yet. What is at `path`, and not a worktree of this repository, is removed.
function git.add_worktree(tree, path)
  if git.top(path) == engine.fs.realpath(path) and engine.fs.stat(path) then return end
  git.remove_worktree(tree, path)
  git.run(tree, { "worktree", "add", "--quiet", "--force", "--detach", "--no-checkout", path })
end

--- Removes a worktree; the repository forgets it. Also where either is gone.
function git.remove_worktree(tree, path)
  engine.fs.rmtree(path)
  if engine.fs.stat(tree) then git.try(tree, { "worktree", "prune" }) end
end

return git
